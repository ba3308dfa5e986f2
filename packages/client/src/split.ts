/** Only much work that was made offline is sent in parts. */
export { splitUpdate } from '@weft/protocol';

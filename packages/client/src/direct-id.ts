/** Loaded when somebody is first written to: most pages never hash anything. */
export { directId } from '@weft/protocol';

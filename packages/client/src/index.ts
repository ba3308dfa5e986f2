export type * from './api.ts';
export { createWeft } from './weft.ts';

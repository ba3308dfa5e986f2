export { createEditor } from './create-editor.ts';
export type { DocumentEditor, EditorMode, EditorOptions, EditorUser } from './create-editor.ts';
export { personColor, PERSON_COLORS } from './person-color.ts';
export { contentExtensions } from './extensions.ts';
export { activeFormats, FORMATS, toggleFormat } from './formats.ts';
export type { Format } from './formats.ts';
export { createMirror } from './mirror.ts';
export type { Mirror } from './mirror.ts';
export { unknownNames, unknownNamesArrived } from './unknown-names.ts';

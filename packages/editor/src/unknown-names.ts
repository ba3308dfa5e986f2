import type { Schema } from '@tiptap/pm/model';
import * as Y from 'yjs';

/** Overlapping marks of one type are stored as `name--<8 characters of a hash>` (y-tiptap). */
const OVERLAPPING = /^(.+)--[A-Za-z0-9+/=]{8}$/;

/** Whatever may stand in a fragment. */
export type FragmentNode = Y.XmlElement | Y.XmlText | Y.XmlHook | Y.XmlFragment;

/**
 * What a fragment holds that a schema has no name for: nodes (`callout`), attributes (`heading@anchor`) and marks
 * (`comment`), sorted. An editor bound to such a fragment would delete all of it, for everybody, by opening it
 * (law D8): bind only when this is empty.
 */
export function unknownNames(fragment: Y.XmlFragment, schema: Schema): readonly string[] {
  const unknown = new Set<string>();
  // Nesting is walked with a list and not by recursion: hostile depth ends no stack.
  const open: FragmentNode[] = [fragment];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    addUnknownNames(node, schema, unknown);
    if (node instanceof Y.XmlFragment) open.push(...node.toArray());
  }
  return [...unknown].toSorted();
}

/** What arrived in a fragment with one transaction and has no name in the schema. Costs what changed. */
export function unknownNamesArrived(
  transaction: Y.Transaction,
  fragment: Y.XmlFragment,
  schema: Schema,
): readonly string[] {
  const unknown = new Set<string>();
  for (const type of transaction.changed.keys()) {
    if (!(type instanceof Y.XmlText || type instanceof Y.XmlFragment)) continue;
    if (!isWithin(type, fragment)) continue;
    addUnknownNames(type, schema, unknown);
    if (type instanceof Y.XmlText) continue;
    for (const child of type.toArray()) {
      if (!isNew(child._item, transaction)) continue;
      if (child instanceof Y.XmlFragment) {
        for (const name of unknownNames(child, schema)) unknown.add(name);
      } else {
        addUnknownNames(child, schema, unknown);
      }
    }
  }
  return [...unknown].toSorted();
}

function isNew(item: Y.Item | null, { beforeState }: Y.Transaction): boolean {
  return item !== null && item.id.clock >= (beforeState.get(item.id.client) ?? 0);
}

function isWithin(type: unknown, fragment: Y.XmlFragment): boolean {
  let node: unknown = type;
  while (node instanceof Y.AbstractType && node !== fragment) node = node._item?.parent;
  return node === fragment;
}

/** The names of one node alone, without those below it. */
function addUnknownNames(node: FragmentNode, schema: Schema, unknown: Set<string>): void {
  if (node instanceof Y.XmlHook) unknown.add(node.hookName);
  else if (node instanceof Y.XmlText) textNames(node, schema, unknown);
  else if (node instanceof Y.XmlElement) elementNames(node, schema, unknown);
}

function elementNames(element: Y.XmlElement, schema: Schema, unknown: Set<string>): void {
  const { nodeName } = element;
  const type = schema.nodes[nodeName];
  if (type === undefined) {
    unknown.add(nodeName);
    return;
  }
  for (const attribute of Object.keys(element.getAttributes())) {
    if (!Object.hasOwn(type.spec.attrs ?? {}, attribute)) unknown.add(`${nodeName}@${attribute}`);
  }
}

function textNames(text: Y.XmlText, schema: Schema, unknown: Set<string>): void {
  const delta: unknown = text.toDelta();
  const runs: readonly unknown[] = Array.isArray(delta) ? delta : [];
  for (const run of runs) {
    if (!isRecord(run) || typeof run['insert'] !== 'string') {
      unknown.add('embed');
      continue;
    }
    const { attributes } = run;
    for (const name of isRecord(attributes) ? Object.keys(attributes) : []) {
      const mark = OVERLAPPING.exec(name)?.[1] ?? name;
      if (schema.marks[mark] === undefined) unknown.add(mark);
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

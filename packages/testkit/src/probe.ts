/** As much of a `Y.Doc` as the probe reads. It imports no Yjs: it reads the copy that the app has. */
export interface ProbeDoc {
  readonly share: ReadonlyMap<string, ProbeType>;
  readonly store: {
    readonly clients: ReadonlyMap<number, readonly ProbeStruct[]>;
    readonly pendingStructs: unknown;
    readonly pendingDs: unknown;
  };
  on(event: 'afterTransaction', call: (transaction: ProbeTransaction) => void): void;
}

export interface ProbeType {
  readonly _start: object | null;
  readonly _map: ReadonlyMap<string, object>;
  readonly _item?: object | null;
}

export interface ProbeStruct {
  readonly id: { readonly client: number; readonly clock: number };
  readonly length: number;
  readonly deleted: boolean;
  readonly content?: unknown;
}

export interface ProbeTransaction {
  readonly local: boolean;
  readonly beforeState: ReadonlyMap<number, number>;
  readonly afterState: ReadonlyMap<number, number>;
  readonly changed: ReadonlyMap<object, ReadonlySet<string | null>>;
  readonly deleteSet: {
    readonly clients: ReadonlyMap<
      number,
      readonly { readonly clock: number; readonly len: number }[]
    >;
  };
}

/** A document, as its app hands it to tests. */
export interface Exposed {
  readonly yDoc: ProbeDoc;
  readonly awareness?: object | undefined;
  /** Resolves once the app believes that all local changes are where it promises them to be. Default: always. */
  readonly settled?: (() => Promise<void>) | undefined;
  /** What it says of itself meanwhile, for messages of failed tests. */
  readonly state?: (() => string) | undefined;
}

/** What the probe tells of a document, as JSON. `replica.ts` has its schema. */
export interface Probe {
  register(name: string, exposed: Exposed): void;
  /** Registers what the Tiptap editors of the page show. */
  registerTiptap(settled?: string): void;
  names(): readonly string[];
  /** Resolves when every document is settled. */
  settled(): Promise<void>;
  /** What the documents say of themselves. */
  states(): string;
  /** All documents: content, clocks, what is pending, last operations. */
  read(): string;
  contentOf(doc: ProbeDoc): unknown;
}

declare global {
  var __convergence__: Probe | undefined;
}

/**
 * Everything that runs in a page. It is sent there as its source, into pages that never heard of this package too, and
 * so uses nothing outside itself.
 */
export function makeProbe(): Probe {
  const LAST = 12;
  const documents = new Map<string, Exposed>();
  const operations = new Map<ProbeDoc, object[]>();

  const field = (of: unknown, name: string): unknown =>
    typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  const isType = (value: unknown): value is ProbeType =>
    isObject(value) && '_start' in value && field(value, '_map') instanceof Map;

  /** Equal values, equal text: sorted keys, and a name for what JSON leaves out. */
  const plain = (value: unknown): unknown => {
    if (value === undefined) return { undefined: true };
    if (typeof value === 'bigint') return { bigint: String(value) };
    if (typeof value === 'number' && !Number.isFinite(value)) return { number: String(value) };
    if (value instanceof Uint8Array) return { bytes: [...value] };
    if (Array.isArray(value)) return value.map(plain);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.keys(value)
        .toSorted()
        .map((key) => [key, plain(field(value, key))]),
    );
  };
  const kindOf = (type: object): string => {
    const [element, hook] = [field(type, 'nodeName'), field(type, 'hookName')];
    if (typeof element === 'string') return element;
    return typeof hook === 'string' ? hook : '';
  };

  /** A type as a tree: text in runs of equal formatting, however many structs made it (as `contentHash` has it). */
  const treeOf = (type: ProbeType): object => {
    const list: object[] = [];
    const marks = new Map<string, unknown>();
    let run: { text: string; marks: string } | undefined;
    const marked = () =>
      JSON.stringify([...marks].toSorted(([one], [other]) => (one < other ? -1 : 1)));
    const add = (value: object) => {
      run = undefined;
      list.push(marks.size === 0 ? value : { ...value, marks: marked() });
    };
    for (let item: unknown = type._start; isObject(item); item = field(item, 'right')) {
      if (field(item, 'deleted') === true) continue;
      const content = field(item, 'content');
      const [text, key] = [field(content, 'str'), field(content, 'key')];
      if (typeof key === 'string' && isObject(content) && 'value' in content) {
        const value = field(content, 'value');
        if (value === null || value === undefined) marks.delete(key);
        else marks.set(key, plain(value));
      } else if (typeof text === 'string') {
        const now = marks.size === 0 ? '' : marked();
        if (run === undefined || run.marks !== now) {
          run = { text: '', marks: now };
          list.push(run);
        }
        run.text += text;
      } else {
        for (const value of valuesOf(content)) add(value);
      }
    }
    const map: Record<string, object> = {};
    for (const name of [...type._map.keys()].toSorted()) {
      const item = type._map.get(name);
      if (item === undefined || field(item, 'deleted') === true) continue;
      const content = field(item, 'content');
      const text = field(content, 'str');
      const last = typeof text === 'string' ? { value: text } : valuesOf(content).at(-1);
      if (last !== undefined) map[name] = last;
    }
    return {
      kind: kindOf(type),
      list: list.map((entry) =>
        'text' in entry && field(entry, 'marks') === '' ? { text: field(entry, 'text') } : entry,
      ),
      map,
    };
  };
  const valuesOf = (content: unknown): object[] => {
    const [many, type, doc] = [
      field(content, 'arr'),
      field(content, 'type'),
      field(content, 'doc'),
    ];
    if (Array.isArray(many)) return many.map((value: unknown) => ({ value: plain(value) }));
    if (isType(type)) return [{ node: treeOf(type) }];
    if (isObject(content) && 'embed' in content) return [{ value: plain(field(content, 'embed')) }];
    if (field(content, 'content') instanceof Uint8Array)
      return [{ value: plain(field(content, 'content')) }];
    if (doc !== undefined) return [{ value: { subdocument: field(doc, 'guid') } }];
    return [];
  };
  const contentOf = (doc: ProbeDoc): object => {
    const roots: Record<string, object> = {};
    for (const name of [...doc.share.keys()].toSorted()) {
      const type = doc.share.get(name);
      if (type === undefined) continue;
      const tree = treeOf(type);
      const [list, map] = [field(tree, 'list'), field(tree, 'map')];
      // One that was only asked for is no content.
      if (
        (Array.isArray(list) && list.length > 0) ||
        (isObject(map) && Object.keys(map).length > 0)
      )
        roots[name] = tree;
    }
    return roots;
  };

  const rootName = (doc: ProbeDoc, type: unknown): string => {
    for (const [name, root] of doc.share) if (root === type) return name;
    return '?';
  };
  const pathOf = (doc: ProbeDoc, type: unknown): string => {
    const steps: string[] = [];
    let at: unknown = type;
    for (let item = field(at, '_item'); isObject(item); item = field(at, '_item')) {
      const key = field(item, 'parentSub');
      const kind = isObject(at) ? kindOf(at) : '';
      steps.unshift(typeof key === 'string' ? key : kind || 'item');
      at = field(item, 'parent');
    }
    return [rootName(doc, at), ...steps].join('/');
  };
  const insertedText = (doc: ProbeDoc, client: number, from: number, to: number): string => {
    let text = '';
    for (const struct of doc.store.clients.get(client) ?? []) {
      const { clock } = struct.id;
      if (clock + struct.length <= from || clock >= to || text.length > 40) continue;
      const piece = field(struct.content, 'str');
      if (typeof piece === 'string')
        text += piece.slice(Math.max(0, from - clock), Math.min(struct.length, to - clock));
    }
    return text.slice(0, 40);
  };
  const record = (doc: ProbeDoc) => {
    if (operations.has(doc)) return;
    const own: object[] = [];
    operations.set(doc, own);
    doc.on('afterTransaction', (transaction) => {
      const inserted: object[] = [];
      for (const [client, to] of transaction.afterState) {
        const from = transaction.beforeState.get(client) ?? 0;
        if (from < to)
          inserted.push({ client, from, to, text: insertedText(doc, client, from, to) });
      }
      let deleted = 0;
      for (const ranges of transaction.deleteSet.clients.values())
        for (const { len } of ranges) deleted += len;
      if (inserted.length === 0 && deleted === 0) return;
      own.push({
        at: Date.now(),
        by: transaction.local ? 'local' : 'remote',
        paths: [...transaction.changed.keys()].slice(0, 4).map((type) => pathOf(doc, type)),
        inserted,
        deleted,
      });
      if (own.length > LAST) own.shift();
    });
  };
  const register = (name: string, exposed: Exposed) => {
    documents.set(name, exposed);
    record(exposed.yDoc);
  };

  return {
    register,
    registerTiptap: (settled) => {
      const editors = [...document.querySelectorAll('.ProseMirror')].flatMap((element) => {
        const editor = field(element, 'editor');
        const state = field(editor, 'state');
        const plugins = field(state, 'plugins');
        if (!Array.isArray(plugins)) return [];
        return plugins.flatMap((plugin: unknown) => {
          const [key, getState] = [field(plugin, 'key'), field(plugin, 'getState')];
          if (typeof key !== 'string' || !key.startsWith('y-sync')) return [];
          if (typeof getState !== 'function') return [];
          const found: unknown = Reflect.apply(getState, plugin, [state]);
          return [field(found, 'doc')];
        });
      });
      const isDoc = (value: unknown): value is ProbeDoc =>
        isObject(value) && field(value, 'share') instanceof Map && 'store' in value;
      for (const name of [...documents.keys()])
        if (name.startsWith('editor')) documents.delete(name);
      for (const [index, doc] of editors.filter(isDoc).entries()) {
        register(index === 0 ? 'editor' : `editor ${index + 1}`, {
          yDoc: doc,
          settled:
            settled === undefined
              ? undefined
              : () =>
                  new Promise((resolve) => {
                    const look = () => {
                      if (document.querySelector(settled) === null) return;
                      observer.disconnect();
                      resolve();
                    };
                    const observer = new MutationObserver(look);
                    observer.observe(document, {
                      subtree: true,
                      childList: true,
                      attributes: true,
                    });
                    look();
                  }),
          state: () =>
            document.querySelector(settled ?? 'html') === null ? 'not settled' : 'settled',
        });
      }
    },
    names: () => [...documents.keys()],
    settled: async () => {
      await Promise.all(
        [...documents.values()].map(({ settled }) => settled?.() ?? Promise.resolve()),
      );
    },
    states: () =>
      [...documents].map(([name, { state }]) => `${name}: ${state?.() ?? 'unknown'}`).join(', '),
    read: () =>
      JSON.stringify(
        [...documents].map(([name, { yDoc }]) => {
          const { store } = yDoc;
          const clocks = [...store.clients].map(([client, structs]) => {
            const last = structs.at(-1);
            return [client, last === undefined ? 0 : last.id.clock + last.length] as const;
          });
          return {
            name,
            content: contentOf(yDoc),
            clocks: Object.fromEntries(clocks.map(([client, clock]) => [String(client), clock])),
            pending: store.pendingStructs !== null || store.pendingDs !== null,
            operations: operations.get(yDoc) ?? [],
          };
        }),
      ),
    contentOf,
  };
}

import * as Y from 'yjs';
import { seededRandom } from './random.ts';
import { TEXT_ROOT } from './replay/draft.ts';

/**
 * A session of three authors, made from a seed: merges and long absences, deletions in each other's text, several
 * patches in one transaction, and characters outside the basic plane. Each author inserts only into a region of
 * their own, so that no two inserts ever meet and the end does not depend on Yjs client ids.
 */

/** The seed of `traces/small.json.gz`. */
export const SMALL_TRACE_SEED = 20_261;

const AUTHORS = 3;
const ROUNDS = 900;
/** Between regions; nobody deletes one. */
const BORDER = '\n';
const WORDS = [
  'weft ',
  'warp',
  ', ',
  '🧵',
  '👩‍🔬 ',
  'é',
  'e\u0301',
  '漢字',
  '𝔘𝔫𝔦',
  ' ',
  'a',
  '.',
  '𐍈',
];

interface Transaction {
  readonly parents: readonly number[];
  readonly numChildren: number;
  readonly agent: number;
  readonly time: string;
  readonly patches: readonly (readonly [number, number, string])[];
}

interface Author {
  readonly doc: Y.Doc;
  /** Per author, how many of their transactions are in `doc`. */
  readonly seen: number[];
}

/** The trace as JSON values, in the format of github.com/josephg/editing-traces. */
export function makeSmallTrace(seed: number) {
  const random = seededRandom(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const transactions: Transaction[] = [];
  const updates: { index: number; bytes: Uint8Array }[][] = Array.from(
    { length: AUTHORS },
    () => [],
  );
  const authors: Author[] = Array.from({ length: AUTHORS }, (_, index) => {
    const doc = new Y.Doc();
    doc.clientID = index + 1;
    return { doc, seen: Array.from({ length: AUTHORS }, () => 0) };
  });

  const commit = (agent: number, edit: (text: Y.Text) => [number, number, string][]) => {
    const author = at(authors, agent);
    const before = Y.encodeStateVector(author.doc);
    const parents = heads(author.seen, updates, transactions);
    let patches: [number, number, string][] = [];
    author.doc.transact(() => {
      patches = edit(author.doc.getText(TEXT_ROOT));
    });
    const index = transactions.length;
    transactions.push({ parents, numChildren: 0, agent, time: TIME, patches });
    at(updates, agent).push({ index, bytes: Y.encodeStateAsUpdate(author.doc, before) });
    author.seen[agent] = at(updates, agent).length;
  };
  const merge = (into: number, from: number) => {
    const author = at(authors, into);
    // What `from` has seen of everybody, itself included.
    for (const [other, count] of at(authors, from).seen.entries()) {
      const news = at(updates, other).slice(author.seen[other], count);
      for (const { bytes } of news) Y.applyUpdate(author.doc, bytes);
      author.seen[other] = Math.max(author.seen[other] ?? 0, count);
    }
  };

  commit(0, (text) => {
    const first = Array.from({ length: AUTHORS }, (_, index) => `Region ${index} 🧵`).join(BORDER);
    text.insert(0, first);
    return [[0, 0, first]];
  });
  for (let other = 1; other < AUTHORS; other += 1) merge(other, 0);
  for (let round = 0; round < ROUNDS; round += 1) {
    const agent = pick(AUTHORS);
    if (random() < 0.06) merge(agent, (agent + 1 + pick(AUTHORS - 1)) % AUTHORS);
    commit(agent, (text) => {
      const patches: [number, number, string][] = [];
      for (let left = 1 + (random() < 0.1 ? pick(3) : 0); left > 0; left -= 1) {
        patches.push(changeOnce(text, agent, random, pick));
      }
      return patches;
    });
  }
  for (let from = 1; from < AUTHORS; from += 1) merge(0, from);

  const children = transactions.map(() => 0);
  for (const { parents } of transactions) {
    for (const parent of parents) children[parent] = (children[parent] ?? 0) + 1;
  }
  return {
    kind: 'concurrent',
    endContent: at(authors, 0).doc.getText(TEXT_ROOT).toJSON(),
    numAgents: AUTHORS,
    txns: transactions.map((txn, index) => ({ ...txn, numChildren: children[index] ?? 0 })),
  };
}

const TIME = '1970-01-01T00:00:00+00:00';

/** One patch, in code points, made on the text: an insert in the author's region or a deletion in anybody's. */
function changeOnce(
  text: Y.Text,
  agent: number,
  random: () => number,
  pick: (count: number) => number,
): [number, number, string] {
  const points = [...text.toJSON()];
  const deleting = random() < 0.3;
  const region = deleting && random() < 0.3 ? pick(AUTHORS) : agent;
  const { start, end } = regionOf(points, region);
  const place = start + pick(end - start + 1);
  const units = points.slice(0, place).join('').length;
  if (deleting) {
    const count = Math.min(end - place, 1 + pick(4));
    const gone = points.slice(place, place + count).join('');
    if (gone !== '') text.delete(units, gone.length);
    return [place, count, ''];
  }
  const inserted = WORDS[pick(WORDS.length)] ?? ' ';
  text.insert(units, inserted);
  return [place, 0, inserted];
}

function regionOf(points: readonly string[], region: number): { start: number; end: number } {
  let start = 0;
  for (let left = region; left > 0; left -= 1) start = points.indexOf(BORDER, start) + 1;
  const end = points.indexOf(BORDER, start);
  return { start, end: end === -1 ? points.length : end };
}

/** The newest transactions among those seen: the ones that no other of them builds on. */
function heads(
  seen: readonly number[],
  updates: readonly (readonly { index: number }[])[],
  transactions: readonly Transaction[],
): number[] {
  const newest = seen.flatMap((count, author) => at(updates, author)[count - 1]?.index ?? []);
  return newest.filter(
    (index) => !newest.some((other) => other !== index && isAncestor(index, other, transactions)),
  );
}

function isAncestor(index: number, of: number, transactions: readonly Transaction[]): boolean {
  const todo = [of];
  const done = new Set<number>();
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next === index) return true;
    if (next < index || done.has(next)) continue;
    done.add(next);
    todo.push(...at(transactions, next).parents);
  }
  return false;
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`nothing at ${index}`);
  return value;
}

import { readFileSync, readdirSync } from 'node:fs';
import { ERRORS } from '@weft/protocol';
import type { Transform } from '../universe.ts';

/** One refusal of the door, and the door without it. */
export interface Guard {
  readonly name: string;
  readonly transform: Transform;
}

const DOOR = new URL('../../../../packages/server/src/door/', import.meta.url);

/** A whole statement that refuses, or the object that says so. */
const STATEMENT =
  /if \([^\n]*\)(?: |\s+)return \{ (?:finding|outcome): 'refused', code: '([a-z-]+)' \};/g;
const OBJECT = /\{ outcome: 'refused', code: '([a-z-]+)' \}/g;
const LITERAL = /'([a-z-]+)'/g;

/**
 * Every place where the door refuses something, found in its sources and not in a list of ours: a guard that is added
 * is asked for from that day on. Taken away one at a time, each must be missed by some seed.
 */
export function doorGuards(): readonly Guard[] {
  return readdirSync(DOOR)
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .flatMap((name) => guardsIn(name, readFileSync(new URL(name, DOOR), 'utf8')));
}

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly code: string;
  readonly instead: string;
}

function guardsIn(name: string, source: string): readonly Guard[] {
  const cuts: Cut[] = [];
  const find = (pattern: RegExp, instead: string) => {
    for (const match of source.matchAll(pattern)) {
      const [text, code] = match;
      if (code === undefined || !Object.hasOwn(ERRORS, code)) continue;
      const cut = { from: match.index, to: match.index + text.length, code, instead };
      // A statement holds the object, which holds the literal: the largest counts.
      if (!cuts.some((other) => other.from <= cut.from && cut.to <= other.to)) cuts.push(cut);
    }
  };
  const code = blankComments(source);
  if (code.length !== source.length) throw new Error('Comments must be blanked in place.');
  find(STATEMENT, '');
  find(OBJECT, "{ outcome: 'stored' }");
  find(LITERAL, 'undefined');
  const counts = new Map<string, number>();
  return cuts
    .filter(({ from, to }) => code.slice(from, to) === source.slice(from, to))
    .filter(({ from }) => !isType(source, from))
    .toSorted((a, b) => a.from - b.from)
    .map((cut) => {
      const label = `${functionAt(source, cut.from)}: ${cut.code}`;
      const nth = (counts.get(label) ?? 0) + 1;
      counts.set(label, nth);
      return {
        name: `${name} ${label}${nth === 1 ? '' : ` (${nth})`}`,
        transform: (file, text) => {
          if (file !== `packages/server/src/door/${name}`) return text;
          if (text !== source) throw new Error(`${file} changed while its guards were tried.`);
          return source.slice(0, cut.from) + cut.instead + source.slice(cut.to);
        },
      };
    });
}

/** Comments as spaces: what they quote guards nothing. */
function blankComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (text) =>
    text.replaceAll(/[^\n]/g, ' '),
  );
}

/** Whether a literal is part of a type, as in `code: 'a' | 'b'`. */
function isType(source: string, at: number): boolean {
  return (
    /\|\s*$/.test(source.slice(Math.max(0, at - 6), at)) && !/\|\|\s*$/.test(source.slice(0, at))
  );
}

/** The function that a place is in. */
function functionAt(source: string, at: number): string {
  const names = source
    .slice(0, at)
    .matchAll(/^(?:export )?(?:async )?function (\w+)|^ {2}(?:async )?(#?\w+)\([^\n]*\{$/gm);
  const last = [...names].at(-1);
  return last?.[1] ?? last?.[2] ?? 'top';
}

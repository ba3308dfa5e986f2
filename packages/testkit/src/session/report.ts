import type { SeenFrame } from '../proxy-frames.ts';
import { type Replay, type Step, stepWords } from './plan.ts';

/** A step, and when it was made. */
export interface MadeStep {
  readonly step: Step;
  /** UTC milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** What is known of a session that was run. */
export interface SessionRecord extends Replay {
  readonly names: readonly string[];
  readonly made: readonly MadeStep[];
  /** Messages on each peer's line. */
  readonly frames: readonly (readonly SeenFrame[])[];
}

const EDITS: ReadonlySet<Step['type']> = new Set(['type', 'erase', 'break', 'caret']);
const LANE = 56;
const LEFT = 90;

/** A page that needs nothing else: lanes of peers and server over time, with steps, faults and messages. */
export function sessionReport(record: SessionRecord): string {
  const { made, names, frames } = record;
  const start = made[0]?.from ?? 0;
  const end = Math.max(start + 1, ...made.map(({ to }) => to));
  const width = Math.min(6_000, Math.max(800, made.length * 26));
  const x = (at: number) => LEFT + ((at - start) / (end - start)) * (width - LEFT - 20);
  const lanes = [...names, 'server'];
  const laneOf = (step: Step) => ('peer' in step ? step.peer : names.length);
  const drawn: string[] = [];
  for (const [index, name] of lanes.entries()) {
    const y = index * LANE + 40;
    drawn.push(
      `<line x1="${LEFT}" x2="${width}" y1="${y}" y2="${y}" class="lane"/>`,
      `<text x="4" y="${y + 4}">${escaped(name)}</text>`,
    );
  }
  for (const [index, own] of frames.entries()) {
    for (const frame of own) {
      if (frame.at < start || frame.at > end) continue;
      const y = index * LANE + 40;
      const [from, to] = frame.way === 'up' ? [y + 2, y + 14] : [y + 26, y + 14];
      const title = `${frame.way} ${frame.size} bytes ${frame.fate}`;
      drawn.push(
        `<line x1="${x(frame.at).toFixed(1)}" x2="${x(frame.at).toFixed(1)}" y1="${from}" y2="${to}" class="frame ${frame.fate}"><title>${title}</title></line>`,
      );
    }
  }
  for (const [index, { step, from, to }] of made.entries()) {
    const y = laneOf(step) * LANE + 40;
    const kind = EDITS.has(step.type) ? 'edit' : 'fault';
    const span = Math.max(3, x(to) - x(from));
    drawn.push(
      `<rect x="${x(from).toFixed(1)}" y="${y - 8}" width="${span.toFixed(1)}" height="9" class="${kind}"><title>${index + 1}: ${escaped(stepWords(step))}</title></rect>`,
    );
    if (kind === 'fault')
      drawn.push(`<text x="${x(from).toFixed(1)}" y="${y - 12}" class="word">${step.type}</text>`);
  }
  const rows = made.map(({ step, from }, index) => {
    const who = 'peer' in step ? (names[step.peer] ?? '?') : 'server';
    return `<tr><td>${index + 1}<td>${((from - start) / 1_000).toFixed(2)} s<td>${escaped(who)}<td>${escaped(stepWords(step))}`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Session ${escaped(record.seed)}</title>
<style>
body{font:14px/1.5 system-ui;margin:24px;color:#1d2330;background:#fff}
pre{white-space:pre-wrap;background:#f6f4ef;padding:12px}
.scroll{overflow-x:auto}text{font:12px system-ui}.word{font-size:10px;fill:#a3341f}
.lane{stroke:#d8d4c8}.edit{fill:#33567f}.fault{fill:#c4492f}
.frame{stroke:#9aa3b2}.drop{stroke:#c4492f;stroke-width:2}.twice{stroke:#b7791f;stroke-width:2}
td{padding:0 16px 0 0}
</style>
<h1>Session ${escaped(record.seed)}</h1>
<p>${names.length} peers, ${made.length} steps, ${((end - start) / 1_000).toFixed(1)} s. Blue: edits. Red: faults. Ticks: messages, up and down; red ones were lost, brown ones doubled.</p>
<pre>${escaped(record.found === '' ? 'All became one.' : record.found)}</pre>
<div class="scroll"><svg width="${width}" height="${lanes.length * LANE + 20}" role="img" aria-label="Timeline">${drawn.join('')}</svg></div>
<table>${rows.join('\n')}</table>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

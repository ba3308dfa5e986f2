import { describe, expect, it } from 'vitest';
import { WIDTHS, clampWidth, readPanes } from '../src/shell/use-panes.ts';

const fresh = {
  left: { open: true, width: WIDTHS.left },
  right: { open: true, width: WIDTHS.right },
};

describe('side panes', () => {
  it('remember how they were', () => {
    const kept = { left: { open: false, width: 300 }, right: { open: true, width: 400 } };
    expect(readPanes(JSON.stringify(kept))).toEqual(kept);
  });

  it.each([null, '', '{', '7', '{"left":{"open":"no","width":"wide"}}'])(
    'begin as new when what was kept is %s',
    (text) => {
      expect(readPanes(text)).toEqual(fresh);
    },
  );

  it('are never narrower or wider than can be used', () => {
    expect([clampWidth(-5), clampWidth(260.4), clampWidth(9999)]).toEqual([
      WIDTHS.min,
      260,
      WIDTHS.max,
    ]);
    expect(readPanes('{"left":{"open":true,"width":4}}').left.width).toBe(WIDTHS.min);
  });
});

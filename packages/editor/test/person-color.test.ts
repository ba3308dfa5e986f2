import { describe, expect, it } from 'vitest';
import { PERSON_COLORS, personColor } from '../src/person-color.ts';

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const channel = (from: number) => {
    const value = Number.parseInt(hex.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

describe('colours of people', () => {
  it('white names can be read on every colour', () => {
    for (const color of PERSON_COLORS)
      expect(contrast(color, '#ffffff')).toBeGreaterThanOrEqual(4.5);
  });

  it('carets can be seen on the light page and on the dark one', () => {
    for (const color of PERSON_COLORS) {
      expect(contrast(color, '#ffffff')).toBeGreaterThanOrEqual(3);
      expect(contrast(color, '#17181b')).toBeGreaterThanOrEqual(3);
    }
  });

  it('a person keeps the colour, and close ids spread over the list', () => {
    expect(personColor('ann')).toBe(personColor('ann'));
    const used = new Set(Array.from({ length: 200 }, (_, n) => personColor(`person-${n}`)));
    expect(used.size).toBe(PERSON_COLORS.length);
  });
});

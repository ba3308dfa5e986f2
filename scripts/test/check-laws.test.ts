import { describe, expect, it } from 'vitest';
import { lawProblems } from '../check-laws.ts';

const spec = {
  path: 'SPEC.md',
  text: [
    '# Laws',
    '',
    '- **D1** Replicas agree.',
    '- **[C3]** One effect.',
    '  more **D9** text',
  ].join('\n'),
};

function problems(...lines: readonly string[]) {
  return lawProblems(spec, [{ path: 'a.test.ts', text: lines.join('\n') }]);
}

describe('law check', () => {
  it('is content when every law is cited and every citation names a law', () => {
    expect(problems("it('[D1] agrees', () => {});", 'test("[C3] once", f);')).toEqual([]);
  });

  it('finds a law that nobody cites, with the line of its definition', () => {
    expect(problems("it('[D1] agrees', f);")).toEqual(['SPEC.md:4: no test cites C3']);
  });

  it('finds a citation of a law that does not exist, with its line', () => {
    expect(problems("it('[D1] [C3] both', f);", '', "it('[X7] what', f);")).toEqual([
      'a.test.ts:3: cites X7, which SPEC.md does not define',
    ]);
  });

  it('reads titles of tables, of conditional tests and over several lines', () => {
    expect(
      problems(
        'it.each([1, 2])(',
        "  '[D1] agrees for %i',",
        '  f,',
        ');',
        'it.skipIf(off)(`[C3] once`, f);',
      ),
    ).toEqual([]);
  });

  it('does not count tests that never run', () => {
    expect(problems("it.skip('[D1] agrees', f);", "it.todo('[C3] once');")).toHaveLength(2);
  });

  it('does not count citations outside of titles', () => {
    expect(problems('// [D1] is upheld elsewhere', 'const list = [C3];')).toHaveLength(2);
  });

  it('finds a law that is defined twice, and a specification without laws', () => {
    const twice = { path: 'SPEC.md', text: '- **D1** a\n- **D1** b\n' };
    const test = { path: 'a.test.ts', text: "it('[D1] x', f)" };
    expect(lawProblems(twice, [test])).toEqual(['SPEC.md: defines D1 twice']);
    expect(lawProblems({ path: 'SPEC.md', text: '' }, [])).toHaveLength(1);
  });
});

/** How a check or a suite ended. */
export type Result =
  | { readonly outcome: 'passed'; readonly note?: string }
  /** `output` is shown in full: what is wrong, and where. */
  | { readonly outcome: 'failed'; readonly output: string }
  | { readonly outcome: 'skipped'; readonly reason: string };

/** Failed with these lines, passed when there are none. */
export function fromProblems(problems: readonly string[], note: string): Result {
  return problems.length === 0
    ? { outcome: 'passed', note }
    : { outcome: 'failed', output: problems.join('\n') };
}

import { useCallback, useState } from 'react';

/** Said where the device refused something that a person asked for. */
export const NOT_DONE = 'This device could not do that. Try again.';

export interface Attempt {
  /** What came of the last one; empty where nothing must be said. */
  readonly problem: string;
  readonly attempt: (work: Promise<unknown> | undefined) => void;
}

/** Things that are tried at a click, and may fail: a button that does nothing and says nothing is a broken one. */
export function useAttempt(): Attempt {
  const [problem, setProblem] = useState('');
  const attempt = useCallback((work: Promise<unknown> | undefined) => {
    setProblem('');
    work?.catch(() => setProblem(NOT_DONE));
  }, []);
  return { problem, attempt };
}

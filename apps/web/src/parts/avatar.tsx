import { personColor } from '@weft/editor';
import type { CSSProperties, ReactNode } from 'react';
import { initialsOf } from './initials.ts';

export interface AvatarProps {
  /** What names the person for ever; chooses the colour. */
  readonly sub: string;
  readonly name: string;
}

/** A person's initials on their colour. Says nothing by itself: the name stands beside it or labels its parent. */
export function Avatar({ sub, name }: AvatarProps): ReactNode {
  const style: CSSProperties & { '--weft-person': string } = { '--weft-person': personColor(sub) };
  return (
    <span className="avatar" style={style} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

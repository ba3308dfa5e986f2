import type { PeopleMessage } from '@weft/protocol';
import type { WorkspacePresence } from './api.ts';
import { type Signal, signal } from './observable.ts';

/** Before the server said anything, and without it. */
const NOBODY: WorkspacePresence = { present: 0, people: [] };

/** Who is in which workspace, as the server says; without it, nobody is known to be anywhere. */
export class People {
  readonly #workspaces = new Map<string, Signal<WorkspacePresence>>();

  of(workspace: string): Signal<WorkspacePresence> {
    const known = this.#workspaces.get(workspace);
    if (known !== undefined) return known;
    const made = signal(NOBODY);
    this.#workspaces.set(workspace, made);
    return made;
  }

  heard({ workspace, whole, present, people }: PeopleMessage): void {
    const known = this.of(workspace);
    const bySub = new Map(
      [...(whole ? [] : known.get().people), ...(people ?? [])].map((each) => [each.sub, each]),
    );
    known.set({ present, people: people === null ? [] : [...bySub.values()] });
  }

  /** The connection is gone, and what was left of it: where the others are is not known any more. */
  lost(): void {
    for (const each of this.#workspaces.values()) each.set(NOBODY);
  }
}

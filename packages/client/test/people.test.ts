import type { PersonPresence } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import { bench, until, untilState } from './kit/setup.ts';

const person = (sub: string, state: PersonPresence['state'], at = 1): PersonPresence => ({
  sub,
  name: sub,
  state,
  at,
});

describe('who is in a workspace', () => {
  it('[P3] is what the server says, changes on top of the whole, and unknown without it', async () => {
    const { weft, server } = bench();
    const workspace = weft.workspace('main');
    expect(workspace.presence.get()).toEqual({ present: 0, people: [] });
    await untilState(weft.connection, 'online');
    const say = (present: number, whole: boolean, people: readonly PersonPresence[] | null) =>
      server.socket.say({
        type: 'people',
        workspace: 'main',
        whole,
        present,
        people: people === null ? null : [...people],
      });
    say(2, true, [person('ann', 'online'), person('bea', 'online')]);
    say(1, false, [person('bea', 'away', 9)]);
    await until(workspace.presence, ({ present }) => present === 1);
    expect(workspace.presence.get().people).toEqual([
      person('ann', 'online'),
      person('bea', 'away', 9),
    ]);
    say(5_000, true, null);
    await until(workspace.presence, ({ present }) => present === 5_000);
    expect(workspace.presence.get().people).toEqual([]);
    weft.disconnect();
    await until(workspace.presence, ({ present }) => present === 0);
  });

  it('[P3] this person says whether they are at this device: when it changes, and again on each new connection', async () => {
    const { weft, server, env } = bench();
    await untilState(weft.connection, 'online');
    const said = () => server.socket.presences.map(({ state }) => state);
    weft.activity('online');
    weft.activity('idle');
    weft.activity('idle');
    await server.until(() => said().length === 1);
    expect(said()).toEqual(['idle']);
    weft.disconnect();
    weft.connect();
    env.advance(1_000);
    await server.until(() => server.sockets.length === 2 && said().length === 1);
    expect(said()).toEqual(['idle']);
    weft.activity('online');
    await server.until(() => said().length === 2);
    expect(said()).toEqual(['idle', 'online']);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type MakeMedium,
  describeBlobContract,
  describeLogContract,
  describeRegistryContract,
  describeStoreContract,
  describeTextIndexContract,
} from '@weft/testkit/contracts';
import { openMemoryStore } from '../src/memory/index.ts';
import { openSqliteStore } from '../src/sqlite/index.ts';

let memories = 0;
const inMemory: MakeMedium = async () => ({
  open: () => openMemoryStore(`memory-${(memories += 1)}`),
  dispose: async () => {},
});

const inFile: MakeMedium = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'weft-log-'));
  const open = () => openSqliteStore({ file: join(directory, 'weft.db') });
  return { open, reopen: open, dispose: () => rm(directory, { recursive: true, force: true }) };
};

for (const [name, medium] of [
  ['memory', inMemory],
  ['sqlite', inFile],
] as const) {
  describeLogContract(name, medium);
  describeRegistryContract(name, medium);
  describeStoreContract(name, medium);
  describeTextIndexContract(name, medium);
  describeBlobContract(name, medium);
}

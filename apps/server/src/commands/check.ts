import { checkContents } from '@weft/server';
import { blobDirectory, openDirectoryBlobs, openSqliteReader } from '@weft/storage/sqlite';
import type { ContentsReport } from '@weft/server';
import type { DatabaseFigures } from '@weft/storage/sqlite';
import type { Identity } from '@weft/storage';

/** What a database holds, and what is wrong with it. */
export interface CheckReport {
  readonly file: string;
  readonly identity: Identity;
  readonly figures: DatabaseFigures;
  readonly contents: ContentsReport;
  /** One line each; empty when nothing is wrong but what `contents.files` tells of. */
  readonly problems: readonly string[];
}

/**
 * Looks at one moment of a database, also beside a running server: pages, numbers, documents, conversations, and whether
 * every file that a message names is there.
 * @param files the directory of its files
 * @throws StorageError when it cannot be read as a database of ours at all
 */
export async function checkDatabase(
  file: string,
  files = blobDirectory(file),
): Promise<CheckReport> {
  const reader = openSqliteReader({ file });
  try {
    const structure = reader.problems();
    const blobs = openDirectoryBlobs(files, { tidy: false });
    // What lies on broken pages may be anything: only the pages are worth telling.
    const contents =
      structure.length > 0
        ? NOTHING
        : await checkContents(reader.log, reader.streams, reader.texts, blobs);
    const { identity, figures } = reader;
    return { file, identity, figures, contents, problems: [...structure, ...contents.problems] };
  } finally {
    reader.close();
  }
}

const NOTHING: ContentsReport = {
  kinds: {
    document: 0,
    workspace: 0,
    conversation: 0,
    segment: 0,
    members: 0,
    person: 0,
    file: 0,
    other: 0,
  },
  messages: 0,
  adopted: {},
  files: { named: 0, problems: [] },
  problems: [],
};

/** The report for a person. @param now UTC milliseconds */
export function describeReport(report: CheckReport, now: number): string {
  const { file, identity, figures, contents } = report;
  const problems = [...report.problems, ...contents.files.problems];
  const { kinds } = contents;
  const documents = kinds.document + kinds.workspace;
  const lines = [
    `${file}: server ${identity.serverId}, epoch ${identity.epoch}, version ${figures.version}`,
    `  streams    ${count(figures.streams)} (${count(documents)} documents, ${count(kinds.conversation)} conversations with ${count(contents.messages)} messages in ${count(kinds.segment)} segments)`,
    `  records    ${count(figures.records)}, ${size(figures.recordBytes)}`,
    `  snapshots  ${count(figures.snapshots)}, ${size(figures.snapshotBytes)}`,
    `  file       ${size(figures.bytes)}`,
    `  files      ${count(contents.files.named)} named by messages`,
  ];
  if (figures.adopted > 0) {
    lines.push(`  adopted    ${count(figures.adopted)} records, brought back by others:`);
    for (const [stream, records] of Object.entries(contents.adopted)) {
      lines.push(`               ${stream}: ${count(records)}`);
    }
  }
  if (figures.unsummed > 0) {
    lines.push(
      `  unchecked  ${count(figures.unsummed)} records and snapshots of an earlier version have no checksum`,
    );
  }
  const { recoveryUntil } = identity;
  if (recoveryUntil !== undefined && recoveryUntil > now) {
    lines.push(
      `  recovery   clients may bring back what is lost until ${new Date(recoveryUntil).toISOString()}`,
    );
  }
  if (problems.length === 0) return [...lines, 'Nothing is wrong.'].join('\n');
  return [
    ...lines,
    `${count(problems.length)} ${problems.length === 1 ? 'thing is' : 'things are'} wrong:`,
    ...problems.map((problem) => `  ${problem}`),
  ].join('\n');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [value, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'KB'] : [bytes / 1024 ** 2, 'MB'];
  return `${value.toFixed(1)} ${unit}`;
}

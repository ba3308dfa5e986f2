export { backupDatabase } from './backup.ts';
export { blobDirectory, openDirectoryBlobs } from './directory-blobs.ts';
export { type DatabaseFigures, type SqliteReader, openSqliteReader } from './reader.ts';
export { type RestoreOptions, type Restored, restoreDatabase } from './restore.ts';
export { openSqliteStore } from './sqlite-store.ts';

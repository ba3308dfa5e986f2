/** A file that waits on a device. */
export interface KeptFile {
  /** SHA-256 of its bytes, hexadecimal. */
  readonly hash: string;
  /** When it was kept last, the device's clock, UTC milliseconds. */
  readonly at: number;
}

/**
 * Bytes of files that wait on a device until the server has the message that names them: a store of its own beside the
 * `DeviceStore`, shared by all tabs of a person, and opened by whoever sends a file and by nobody else. Methods reject
 * with a WeftError `device-failed`.
 */
export interface DeviceFiles {
  /** Resolves when the bytes survive a killed tab. */
  put(hash: string, content: Blob, at: number): Promise<void>;
  /** `undefined` where they are not here. */
  get(hash: string): Promise<Blob | undefined>;
  remove(hash: string): Promise<void>;
  list(): Promise<readonly KeptFile[]>;
  /** Later calls reject. Idempotent. */
  close(): Promise<void>;
}

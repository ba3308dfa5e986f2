import type { ConnectionStatus, DocumentStatus } from '@weft/client';
import { describe, expect, it } from 'vitest';
import { statusWords } from '../src/status-words.ts';

const online: ConnectionStatus = { state: 'online' };
const offline: ConnectionStatus = { state: 'offline' };
const stored: DocumentStatus = { state: 'stored', waiting: 0 };

const rows: readonly [string, ConnectionStatus, DocumentStatus, number, string, string][] = [
  ['unsaved', online, { state: 'unsaved', waiting: 1 }, 0, 'unsaved', 'Saving…'],
  ['unsaved, offline', offline, { state: 'unsaved', waiting: 3 }, 0, 'unsaved', 'Saving…'],
  [
    'local, online',
    online,
    { state: 'local', waiting: 3 },
    0,
    'local',
    'Saved on this device · sending',
  ],
  ['the device is being read', online, { state: 'local', waiting: 0 }, 0, 'local', ''],
  [
    'local, connecting',
    { state: 'connecting' },
    { state: 'local', waiting: 3 },
    0,
    'local',
    'Saved on this device · sending',
  ],
  [
    'local, offline',
    offline,
    { state: 'local', waiting: 12 },
    0,
    'offline',
    'Offline · saved on this device · 12 changes to send',
  ],
  [
    'local, offline, one change',
    offline,
    { state: 'local', waiting: 1 },
    0,
    'offline',
    'Offline · saved on this device · 1 change to send',
  ],
  [
    'local, told to wait',
    { state: 'waiting', until: 1, code: 'shutting-down' },
    { state: 'local', waiting: 2 },
    0,
    'waiting',
    'Waits for the server · saved on this device · 2 changes to send',
  ],
  [
    'in line',
    { state: 'queued', position: 14, wait: 17_000 },
    { state: 'local', waiting: 2 },
    0,
    'waiting',
    'You are 14th in line, about 20 s',
  ],
  [
    'in line, for long',
    { state: 'queued', position: 22, wait: 95_000 },
    stored,
    0,
    'waiting',
    'You are 22nd in line, about 2 min',
  ],
  [
    'in line, and nobody knows',
    { state: 'queued', position: 1 },
    stored,
    0,
    'waiting',
    'You are 1st in line',
  ],
  ['stored, offline', offline, stored, 0, 'offline', 'Offline · saved on this device'],
  ['stored', online, stored, 0, 'stored', 'Stored'],
  ['outdated', { state: 'outdated' }, stored, 0, 'outdated', 'A new version is ready · Reload'],
  ['refused', online, stored, 1, 'refused', 'This change could not be kept · Show it'],
  [
    'revoked',
    { state: 'revoked', code: 'token-invalid' },
    { state: 'local', waiting: 2 },
    0,
    'revoked',
    'Signed out · saved on this device · 2 changes to send',
  ],
];

describe('words of state', () => {
  it.each(rows)('%s', (_row, connection, document, refused, status, text) => {
    expect(statusWords({ connection, document, refused })).toEqual({ status, text });
  });

  it('[D2] the word "Stored" is said of nothing but a stored document', () => {
    for (const [, connection, document, refused] of rows) {
      const { text } = statusWords({ connection, document, refused });
      if (/stored/i.test(text)) expect(document.state).toBe('stored');
    }
  });

  it('[D2] of work that only this tab has, nothing is said that sounds safe', () => {
    const device = { state: 'memory-only', reason: 'full' } as const;
    const revoked = { state: 'revoked', code: 'token-invalid' } as const;
    for (const connection of [online, offline, revoked]) {
      for (const [, , document] of rows) {
        const { text } = statusWords({ connection, document, device });
        expect(text).not.toMatch(/^(?!Not ).*saved on this device/i);
      }
    }
    const unsaved = { state: 'unsaved', waiting: 1 } as const;
    expect(statusWords({ connection: online, document: unsaved, device })).toEqual({
      status: 'memory-only',
      text: 'Not saved on this device',
    });
    expect(statusWords({ connection: online, document: stored, device }).text).toBe('Stored');
  });

  it('[D2] a reload is not offered while it would lose what only this tab has', () => {
    const outdated = { state: 'outdated' } as const;
    const device = { state: 'memory-only', reason: 'full' } as const;
    const unsaved = { state: 'unsaved', waiting: 1 } as const;
    expect(statusWords({ connection: outdated, document: unsaved, device }).status).toBe(
      'memory-only',
    );
    expect(statusWords({ connection: outdated, document: unsaved }).status).toBe('unsaved');
    expect(statusWords({ connection: outdated, document: stored, device }).status).toBe('outdated');
    const local = { state: 'local', waiting: 2 } as const;
    expect(statusWords({ connection: outdated, document: local }).status).toBe('outdated');
  });
});

import { describe, expect, it } from 'vitest';
import {
  type MessageFile,
  SAFE_IMAGES,
  fitsType,
  isFileName,
  judgeBody,
  judgeFiles,
  namings,
  toFileName,
  typeOf,
} from '../src/index.ts';

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.padEnd(64, '0'), 'hex'));
const PNG = bytesOf('89504e470d0a1a0a');
const ZIP = bytesOf('504b0304');
const HTML = new TextEncoder().encode('<!doctype html><script>alert(1)</script>');
const hash = (n: number) => n.toString(16).padStart(64, '0');

function file(changes: Partial<MessageFile> = {}): MessageFile {
  return { hash: hash(1), name: 'plan.pdf', type: 'application/pdf', bytes: 10, ...changes };
}

describe('names of files', () => {
  it('[B3] are no paths, hold no controls and nothing that turns them around', () => {
    for (const name of ['plan.pdf', 'Größe 2.png', '計画.txt', '.env', 'a'.repeat(200), '👩‍👧.jpg']) {
      expect([name, isFileName(name)]).toEqual([name, true]);
      expect(toFileName(name)).toBe(name);
    }
    for (const name of [
      '',
      ' ',
      '.',
      '..',
      'a/b',
      'C:\\a',
      '../../etc/passwd',
      'a\nb',
      'a\u0000',
      'a\u001b[31m',
      'annexe\u202Egpj.exe',
      'a\u2066b',
      'a\u2028b',
      ' a',
      'a ',
      'a\uD800',
      'a'.repeat(201),
    ]) {
      expect([name, isFileName(name)]).toEqual([name, false]);
      expect([name, isFileName(toFileName(name))]).toEqual([name, true]);
    }
    expect(toFileName('../../etc/passwd')).toBe('.._.._etc_passwd');
    expect(toFileName(`${'a'.repeat(300)}.pdf`)).toMatch(/\.pdf$/);
  });
});

describe('types of files', () => {
  it('[B1] what has a mark may be called by it, by what is written in it, or bytes, and nothing else', () => {
    expect(typeOf(PNG)).toBe('image/png');
    expect(typeOf(HTML)).toBeUndefined();
    expect(typeOf(new Uint8Array())).toBeUndefined();
    const word = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
    for (const [type, head, fits] of [
      ['image/png', PNG, true],
      ['application/octet-stream', PNG, true],
      ['image/jpeg', PNG, false],
      ['text/plain', PNG, false],
      [word, ZIP, true],
      ['text/html', ZIP, false],
      ['text/html', HTML, true],
      ['text/csv', HTML, true],
      ['image/png', HTML, false],
      ['application/pdf', HTML, false],
      ['image/svg+xml', HTML, true],
      ['image/avif', bytesOf('00000020667479706d703432'), false],
      ['video/quicktime', bytesOf('00000020667479706d703432'), true],
    ] as const) {
      expect([type, fitsType(type, head)]).toEqual([type, fits]);
    }
  });

  it('[B3] an image that is shown is one that runs nothing', () => {
    expect(SAFE_IMAGES.has('image/svg+xml')).toBe(false);
    expect([...SAFE_IMAGES].filter((type) => fitsType(type, HTML))).toEqual([]);
  });
});

describe('files of a message', () => {
  const body = (files: readonly MessageFile[], text = '') =>
    judgeBody({ version: 1, text, files: [...files] });

  it('may be all that it says', () => {
    expect(body([file()])).toBeUndefined();
    expect(body([])).toBe('message-empty');
    expect(body([file({ type: 'image/png', width: 640, height: 480 })])).toBeUndefined();
  });

  it('are few, different, and called something that can be shown', () => {
    const many = Array.from({ length: 11 }, (_, n) => file({ hash: hash(n) }));
    expect(judgeFiles(many)).toBe('too-many-files');
    expect(judgeFiles(many.slice(1))).toBeUndefined();
    for (const wrong of [
      [file(), file({ name: 'again' })],
      [file({ name: 'a/b' })],
      [file({ type: 'text' })],
      [file({ type: 'text/html; charset=utf-8' })],
      [file({ type: 'Text/HTML' })],
      [file({ width: 3, height: 4 })],
      [file({ type: 'image/png', width: 3 })],
      [file({ type: 'image/png', width: 3, height: 70_000 })],
    ]) {
      expect(judgeFiles(wrong)).toBe('file-invalid');
    }
  });

  it('what a new revision names anew and what no more is told apart', () => {
    expect(namings(['a', 'b'], ['b', 'c'])).toEqual([
      { hash: 'a', names: false },
      { hash: 'c', names: true },
    ]);
  });
});

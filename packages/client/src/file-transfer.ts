import { WeftError } from '@weft/protocol';
import type { FileAnswer, FileRequest } from './api.ts';

/**
 * Sends or fetches a file. Browsers tell how much is sent of an `XMLHttpRequest` alone; elsewhere `fetch` does it.
 * Rejects with `device-failed` when there was no answer.
 */
export function transferFile(request: FileRequest): Promise<FileAnswer> {
  return typeof XMLHttpRequest === 'undefined' ? byFetch(request) : byXhr(request);
}

async function byFetch(request: FileRequest): Promise<FileAnswer> {
  const { method, url, token, type, body } = request;
  try {
    const response = await fetch(url, {
      method,
      headers: headersOf(token, type),
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, body: await response.blob() };
  } catch (cause) {
    throw noAnswer(cause);
  }
}

function byXhr(request: FileRequest): Promise<FileAnswer> {
  const { method, url, token, type, body, sent } = request;
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, url);
    xhr.responseType = 'blob';
    for (const [name, value] of Object.entries(headersOf(token, type))) {
      xhr.setRequestHeader(name, value);
    }
    if (sent !== undefined) xhr.upload.onprogress = ({ loaded }) => sent(loaded);
    xhr.onload = () => {
      const answer: unknown = xhr.response;
      resolve({ status: xhr.status, body: answer instanceof Blob ? answer : new Blob() });
    };
    xhr.onerror = () => reject(noAnswer());
    xhr.onabort = () => reject(noAnswer());
    xhr.send(body ?? null);
  });
}

function headersOf(token: string, type: string | undefined): Record<string, string> {
  const authorization = `Bearer ${token}`;
  return type === undefined ? { authorization } : { authorization, 'content-type': type };
}

function noAnswer(cause?: unknown): WeftError {
  return new WeftError('device-failed', 'The server did not answer.', { cause });
}

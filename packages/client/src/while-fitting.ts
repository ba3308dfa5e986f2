import type { ConnectionStatus, DocumentAccess, Observable } from './api.ts';

const OUTDATED: DocumentAccess = { state: 'outdated' };

/**
 * Access, for as long as the server speaks with this version of the client. After that, what is written would pile up
 * on the device without anybody seeing it, so that it is offered no more.
 */
export function whileFitting(
  access: Observable<DocumentAccess>,
  connection: Observable<ConnectionStatus>,
): Observable<DocumentAccess> {
  const get = (): DocumentAccess => {
    const present = access.get();
    const { state } = connection.get();
    return state === 'outdated' && present.state !== 'denied' ? OUTDATED : present;
  };
  return {
    get,
    subscribe: (listener) => {
      let told = get();
      const look = (): void => {
        const present = get();
        if (present === told) return;
        told = present;
        listener();
      };
      const stops = [access.subscribe(look), connection.subscribe(look)];
      return () => stops.forEach((stop) => stop());
    },
  };
}

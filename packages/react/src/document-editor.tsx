import type { DocumentHandle } from '@weft/client';
import {
  createEditor,
  type DocumentEditor as MountedEditor,
  type EditorMode,
  type EditorUser,
} from '@weft/editor';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useObservable } from './observable.ts';

export interface DocumentEditorProps {
  /** A handle whose `loaded` has resolved: an editor over half a document would show it twice. */
  readonly handle: DocumentHandle;
  readonly user: EditorUser;
  readonly editable: boolean;
  readonly placeholder?: string;
  /** Accessible name; default `Document`. */
  readonly label?: string;
  readonly className?: string;
  /** Called with the editor when it is there and after each change of its mode, and with `undefined` when it goes. */
  readonly onEditor?: (editor: MountedEditor | undefined, mode: EditorMode | undefined) => void;
}

/** `createEditor` of @weft/editor as a component. Needs `@weft/editor/style.css` in the page. */
export function DocumentEditor(props: DocumentEditorProps): ReactNode {
  const { handle, user, editable, placeholder, label, className } = props;
  // Another copy of the document needs another editor, also under the same handle.
  useObservable(handle.copy);
  const { doc, awareness } = handle;
  const place = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<MountedEditor>();
  // Later values are handed over by the effects below: a new name must not cost a new editor.
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });

  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const { user: firstUser, editable: firstEditable } = latest.current;
    const mounted = createEditor({
      element,
      doc,
      awareness,
      user: firstUser,
      editable: firstEditable,
      ...(placeholder === undefined ? {} : { placeholder }),
      ...(label === undefined ? {} : { label }),
    });
    const tell = () => latest.current.onEditor?.(mounted, mounted.mode);
    mounted.subscribe(tell);
    tell();
    setEditor(mounted);
    return () => {
      latest.current.onEditor?.(undefined, undefined);
      mounted.destroy();
    };
  }, [doc, awareness, placeholder, label]);

  useEffect(() => editor?.setEditable(editable), [editor, editable]);
  const { name, color, sub } = user;
  useEffect(
    () => editor?.setUser({ name, color, ...(sub === undefined ? {} : { sub }) }),
    [editor, name, color, sub],
  );

  return <div ref={place} className={className} />;
}

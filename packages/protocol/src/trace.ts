import * as v from 'valibot';

/** W3C Trace Context, version 00: `00-<trace id>-<span id>-<flags>`. */
const TRACE_PARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Which trace something belongs to, and which span of it came before, as HTTP's `traceparent` says it. */
export const traceParentSchema = v.pipe(v.string(), v.regex(TRACE_PARENT));

/** Whether a text names a trace. */
export function isTraceParent(text: string): boolean {
  return TRACE_PARENT.test(text);
}

/** The id of the trace that it names. */
export function traceIdOf(traceParent: string): string {
  return traceParent.slice(3, 35);
}

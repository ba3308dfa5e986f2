import { useEffect, useState } from 'react';

/** Milliseconds. */
const MINUTE = 60_000;

/** The present time to the minute: "Today" must not be said of yesterday in a window that stays open overnight. */
export function useToday(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE);
    return () => clearInterval(timer);
  }, []);
  return now;
}

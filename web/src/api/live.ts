/**
 * In: server-sent events of /api/events. Out: hints to refetch, for the pages that asked. Called by: pages through `useLive`.
 * One connection serves all pages. While it is broken, listeners get `null` once a minute, which means: look for yourself.
 */
import { LiveEvent } from '@minsheng/contracts';
import { onScopeDispose, ref } from 'vue';
import { wroteJustNow } from './client.ts';

export type LiveType = LiveEvent['type'];
type Listener = { types: ReadonlySet<LiveType>; onHint: (event: LiveEvent | null) => void };

const ALL_TYPES: readonly LiveType[] = ['posts', 'topics', 'claim', 'alert', 'inbox', 'source', 'briefing'];
/** What a person's own step sets off; the rest comes from collecting. */
const OWN: ReadonlySet<LiveType> = new Set(['claim', 'inbox', 'briefing', 'source', 'topics']);
const POLL_MS = 60_000;
const CLOSE_AFTER_MS = 5_000;

const listeners = new Set<Listener>();
let stream: EventSource | null = null;
let poll: ReturnType<typeof setInterval> | null = null;
let closing: ReturnType<typeof setTimeout> | null = null;

/** Whether the live connection stands; the top bar says so when it does not. */
export const liveConnected = ref(true);

function receive(message: MessageEvent<string>): void {
  let event: LiveEvent;
  try {
    const parsed = LiveEvent.safeParse(JSON.parse(message.data));
    if (!parsed.success) return;
    event = parsed.data;
  } catch {
    return;
  }
  if (OWN.has(event.type) && wroteJustNow()) return;
  for (const listener of listeners) if (listener.types.has(event.type)) listener.onHint(event);
}

function startPolling(): void {
  poll ??= setInterval(() => {
    for (const listener of listeners) listener.onHint(null);
  }, POLL_MS);
}

function stopPolling(): void {
  if (poll) clearInterval(poll);
  poll = null;
}

function open(): void {
  if (closing) clearTimeout(closing);
  closing = null;
  if (stream) return;
  if (typeof EventSource === 'undefined') return startPolling();
  stream = new EventSource('/api/events');
  stream.onopen = () => {
    liveConnected.value = true;
    stopPolling();
  };
  stream.onerror = () => {
    liveConnected.value = false;
    startPolling();
    // The browser reconnects by itself unless the server refused; then we try again with the next poll.
    if (stream?.readyState === 2) {
      stream = null;
      setTimeout(() => listeners.size > 0 && open(), POLL_MS / 2);
    }
  };
  stream.onmessage = receive;
  for (const type of ALL_TYPES) stream.addEventListener(type, receive);
}

/**
 * @param types which hints the page wants.
 * @param onHint called with the event, or with `null` when polling because the live connection is down.
 */
export function useLive(types: readonly LiveType[], onHint: (event: LiveEvent | null) => void): void {
  const listener: Listener = { types: new Set(types), onHint };
  listeners.add(listener);
  open();
  onScopeDispose(() => {
    listeners.delete(listener);
    if (listeners.size > 0 || closing) return;
    closing = setTimeout(() => {
      stream?.close();
      stream = null;
      closing = null;
      stopPolling();
    }, CLOSE_AFTER_MS);
  });
}

/**
 * Counts hints instead of acting on them, so that nothing moves while it is being read. Show `count` in an UpdateBar and call
 * `take()` when the reader asks for the updates.
 */
export function usePendingUpdates(types: readonly LiveType[], reload: () => unknown) {
  const count = ref(0);
  useLive(types, (event) => {
    count.value += event?.type === 'posts' ? event.stored : 1;
  });
  return {
    count,
    take() {
      count.value = 0;
      return reload();
    },
  };
}

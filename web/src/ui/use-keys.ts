/**
 * In: key names and what they do. Out: listeners that stay silent while somebody types or a dialog is open; their help texts for `?`.
 * Called by: layout and pages.
 */
import { onScopeDispose, shallowReactive } from 'vue';

export interface KeyBinding {
  /** `j`, `Enter`, `?`, `Escape`, or `mod+k`. */
  key: string;
  /** zh-CN, shown by the key help. */
  help: string;
  run: (event: KeyboardEvent) => unknown;
  /** Also while typing (for mod+k). */
  always?: boolean;
}

const bindings = shallowReactive(new Set<KeyBinding>());
let listening = false;

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const mod = event.ctrlKey || event.metaKey;
  const name = `${mod ? 'mod+' : ''}${event.key.length === 1 && mod ? event.key.toLowerCase() : event.key}`;
  const blocked = typing(event.target) || document.querySelector('dialog[open]') !== null;
  // Enter on a focused link or button belongs to that element.
  const own = event.key === 'Enter' && event.target instanceof Element && event.target.closest('a,button,summary');
  // The page mounted last answers first.
  for (const binding of [...bindings].reverse()) {
    if (binding.key !== name || (!binding.always && (blocked || own))) continue;
    event.preventDefault();
    binding.run(event);
    return;
  }
}

export function useKeys(list: readonly KeyBinding[]): void {
  if (!listening) {
    listening = true;
    document.addEventListener('keydown', onKey);
  }
  for (const binding of list) bindings.add(binding);
  onScopeDispose(() => {
    for (const binding of list) bindings.delete(binding);
  });
}

/** What `?` shows. */
export function activeKeys(): readonly KeyBinding[] {
  return [...bindings];
}

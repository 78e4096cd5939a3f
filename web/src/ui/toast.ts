/**
 * In: one sentence about what was just done. Out: a short notice, with an undo where there is one. Called by: pages; shown by ToastHost.
 */
import { shallowRef } from 'vue';

export interface Toast {
  id: number;
  text: string;
  tone: 'done' | 'problem';
  undo?: () => unknown;
}

let last = 0;
export const toasts = shallowRef<Toast[]>([]);

export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((t) => t.id !== id);
}

/** Stays 6 s, 12 s when it can be undone, and problems until they are closed. */
export function toast(text: string, options: { tone?: Toast['tone']; undo?: () => unknown } = {}): void {
  const id = ++last;
  const tone = options.tone ?? 'done';
  toasts.value = [...toasts.value.slice(-2), { id, text, tone, undo: options.undo }];
  if (tone === 'done') setTimeout(() => dismissToast(id), options.undo ? 12_000 : 6_000);
}

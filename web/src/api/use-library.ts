/**
 * In: how entries are read, made and removed. Out: the state of a page that keeps such entries. Called by: 答复知识库, 辟谣库.
 */
import type { Route } from '@minsheng/contracts';
import { reactive, type Reactive, ref, type Ref, shallowRef, type ShallowRef, type WritableComputedRef } from 'vue';
import { useQueryParam } from '../app/url-state.ts';
import { problemsOf } from '../ui/problems.ts';
import { type Pages, usePages } from './use-pages.ts';
import { useWrite } from './use-write.ts';

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface Library<T, F> {
  /** The words looked for, kept in the address. */
  q: WritableComputedRef<string>;
  pages: Pages<T, Page<T>>;
  form: Reactive<F>;
  problems: Ref<Record<string, string>>;
  adding: Ref<boolean>;
  removing: ShallowRef<T | null>;
  write: ReturnType<typeof useWrite>;
  open: () => void;
  ask: (entry: T) => void;
  save: () => Promise<void>;
  remove: () => Promise<void>;
}

export function useLibrary<T extends { id: string }, F extends object, B>(given: {
  load: (
    query: { q: string | undefined; cursor: string | undefined; limit: number },
    signal: AbortSignal,
  ) => Promise<Page<T>>;
  blank: () => F;
  /** The filled form as the contract wants it. */
  bodyOf: (form: F) => B;
  schema: NonNullable<Route['body']>;
  hints: Record<string, string>;
  create: (body: B) => Promise<unknown>;
  added: string;
  remove: (id: string) => Promise<unknown>;
}): Library<T, F> {
  const q = useQueryParam<string>('q', '');
  const pages = usePages<Page<T>>(
    (cursor, signal) => given.load({ q: q.value || undefined, cursor, limit: 20 }, signal),
    (entry) => entry.id,
    q,
  );
  const form = reactive(given.blank());
  const problems = ref<Record<string, string>>({});
  const adding = ref(false);
  const removing: ShallowRef<T | null> = shallowRef(null);
  const write = useWrite();
  return {
    q,
    pages,
    form,
    problems,
    adding,
    removing,
    write,
    open() {
      Object.assign(form, given.blank());
      problems.value = {};
      write.clear();
      adding.value = true;
    },
    ask(entry) {
      write.clear();
      removing.value = entry;
    },
    async save() {
      const body = given.bodyOf(form as F);
      const found = problemsOf(given.schema, body, given.hints);
      problems.value = found ?? {};
      if (found || (await write.run(() => given.create(body), given.added)) === null) return;
      adding.value = false;
      await pages.reload();
    },
    async remove() {
      const entry = removing.value;
      if (!entry || (await write.run(() => given.remove(entry.id), '已删除。')) === null) return;
      removing.value = null;
      await pages.reload();
    },
  };
}

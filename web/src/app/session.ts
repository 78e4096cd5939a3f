/**
 * In: the session answers of the API. Out: who is signed in and what they may do. Called by: router, layout, pages.
 */
import { type Access, type PublicStatus, type Role, routes, type Session } from '@minsheng/contracts';
import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { ApiError, call, setCsrf } from '../api/client.ts';

export function mayUse(access: Access, roles: readonly Role[] | null): boolean {
  if (access === 'public') return true;
  if (roles === null) return false;
  return access === 'signed-in' || access.some((role) => roles.includes(role));
}

export const useSession = defineStore('session', () => {
  const session = ref<Session | null>(null);
  const status = ref<PublicStatus | null>(null);
  let asked = false;

  const user = computed(() => session.value?.user ?? null);
  const roles = computed(() => session.value?.user.roles ?? null);

  function take(next: Session | null): void {
    session.value = next;
    setCsrf(next?.csrfToken ?? null, refresh);
  }

  /** Asks the server who is signed in; nobody is not an error. */
  async function refresh(): Promise<void> {
    try {
      take(await call(routes.auth.session));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      take(null);
    }
  }

  async function ensure(): Promise<Session | null> {
    if (!asked) {
      asked = true;
      await Promise.all([refresh(), loadStatus()]);
    }
    return session.value;
  }

  async function loadStatus(): Promise<void> {
    try {
      status.value = await call(routes.auth.status);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      status.value = null;
    }
  }

  async function login(username: string, password: string): Promise<Session> {
    const next = await call(routes.auth.login, { body: { username, password } });
    take(next);
    return next;
  }

  /** The session ends here even when the server could not be told. */
  async function logout(): Promise<void> {
    try {
      await call(routes.auth.logout);
    } finally {
      take(null);
    }
  }

  return {
    session,
    status,
    user,
    roles,
    ensure,
    refresh,
    loadStatus,
    login,
    logout,
    forget: () => take(null),
    may: (access: Access) => mayUse(access, roles.value),
  };
});

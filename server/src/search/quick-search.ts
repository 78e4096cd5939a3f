/**
 * In: a few characters typed after Ctrl+K. Out: a few of everything the caller may open. Called by: search.controller.ts.
 * Modules bring their own nouns: `quickSearch.register(provider)` in their `onModuleInit`.
 */
import { DESK_ROLES, type QuickHit, type Role } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { Caller } from '../platform/auth/caller.ts';

export type Quick = z.infer<typeof QuickHit>;

export interface QuickSearchProvider {
  /** Who may see these hits; absent = everybody signed in. */
  roles?: readonly Role[];
  /** At most `limit` hits, best first. */
  find(q: string, limit: number, caller: Caller): Promise<Quick[]>;
}

const PER_PROVIDER = 5;

@Injectable()
export class QuickSearch {
  private readonly providers: QuickSearchProvider[] = [];

  register(provider: QuickSearchProvider): void {
    this.providers.push(provider);
  }

  /** In the order in which the providers were registered. */
  async find(q: string, caller: Caller): Promise<Quick[]> {
    const allowed = this.providers.filter((p) => p.roles?.some((r) => caller.roles.includes(r)) ?? true);
    const found = await Promise.all(allowed.map((p) => p.find(q, PER_PROVIDER, caller)));
    return found.flatMap((hits) => hits.slice(0, PER_PROVIDER));
  }
}

/** The pages of the product, with other words that people use for them. */
const PAGES: readonly { title: string; detail: string; href: string; words: string; roles: readonly Role[] }[] = [
  { title: '总览', detail: '今天有什么不同', href: '/', words: '首页 zonglan', roles: DESK_ROLES },
  { title: '热点话题', detail: '群众在说什么', href: '/topics', words: '热搜 redian huati', roles: DESK_ROLES },
  { title: '待核实说法', detail: '核查、回应时限', href: '/claims', words: '辟谣 谣言 shuofa', roles: DESK_ROLES },
  { title: '全文检索', detail: '按词、时间、渠道查帖文', href: '/search', words: '搜索 jiansuo', roles: DESK_ROLES },
  { title: '舆情日报', detail: '今日与往期', href: '/briefings', words: '简报 ribao', roles: DESK_ROLES },
  { title: '留言办理', detail: '转办、答复、期限', href: '/inbox', words: '来信 答复 liuyan', roles: DESK_ROLES },
  {
    title: '政务账号',
    detail: '更新情况',
    href: '/accounts',
    words: '两周 zhanghao',
    roles: [...DESK_ROLES, 'sysadmin'],
  },
  {
    title: '采集状态',
    detail: '采集源、缺口',
    href: '/sources',
    words: '覆盖 caiji',
    roles: ['officer', 'leader', 'sysadmin'],
  },
  {
    title: '系统',
    detail: '用户、词典、设置',
    href: '/system',
    words: '设置 xitong',
    roles: ['sysadmin', 'secadmin', 'auditor'],
  },
];

export const pageProvider: QuickSearchProvider = {
  find(q, limit, caller) {
    const text = q.toLowerCase();
    const hits = PAGES.filter(
      (p) => p.roles.some((r) => caller.roles.includes(r)) && `${p.title} ${p.detail} ${p.words}`.includes(text),
    );
    return Promise.resolve(
      hits.slice(0, limit).map(({ title, detail, href }) => ({ type: 'page', title, detail, href })),
    );
  },
};

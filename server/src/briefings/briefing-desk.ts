/**
 * In: a day. Out: its briefing: generated on demand or at 07:00, kept, remarked, issued (then frozen), shared by a link that expires.
 * Called by: briefings.controller.ts, the schedule (`tick`), the demo seed (`generate`).
 */
import { Injectable } from '@nestjs/common';
import type { Briefing, RouteAnswer, RouteInput, routes } from '@minsheng/contracts';
import type { Caller } from '../platform/auth/caller.ts';
import { Clock, dayOf, startOfDay, toInstant } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { conflict, UserError } from '../platform/errors.ts';
import { Live } from '../platform/live/live.ts';
import { Office } from '../platform/office.ts';
import { CoveragePort } from '../rollups/coverage.ts';
import { BriefingEntity, type BriefingBody } from './briefing.entity.ts';
import { compose, leadText, type DayFacts } from './compose.ts';
import { InboxFigures } from './inbox-figures.ts';
import { BriefingFigures, Signer } from './ports.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The window of day D: 07:00 of the day before until 07:00 of D. */
const CLOSING_HOUR = 7;
/** A briefing of an earlier day made later than this tells its dues as of then, and says so. */
const SAME_MORNING_MS = 17 * HOUR_MS;
/** How long a shared link can be read. */
export const SHARE_MS = 72 * HOUR_MS;
const TOPICS = 10;

type ListItem = RouteAnswer<typeof routes.briefings.list>['items'][number];

@Injectable()
export class BriefingDesk {
  private readonly making = new Map<string, Promise<Briefing>>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly live: Live,
    private readonly office: Office,
    private readonly figures: BriefingFigures,
    private readonly inbox: InboxFigures,
    private readonly coverage: CoveragePort,
    private readonly signer: Signer,
  ) {}

  /**
   * The stored briefing. Today's is made when somebody asks after 07:00 and it is not there yet; before 07:00 a preview of the
   * running window is shown and not kept. A missing earlier day says so: it is made up only when somebody wants that.
   */
  async day(day: string): Promise<Briefing> {
    const now = this.clock.now();
    this.checkDay(day, now);
    const kept = await this.db.repo(BriefingEntity).findOneBy({ day });
    if (kept !== null) return view(kept);
    if (day < dayOf(now)) throw missing(day);
    if (now < closingOf(day)) return { ...(await this.compose(day)), state: 'draft', issuedBy: null, remark: null };
    return this.generate(day);
  }

  /** Makes or remakes a draft and keeps it, with the editor's remark; refused once it is issued. */
  generate(day: string): Promise<Briefing> {
    const running = this.making.get(day);
    if (running !== undefined) return running;
    const making = this.make(day).finally(() => this.making.delete(day));
    this.making.set(day, making);
    return making;
  }

  private async make(day: string): Promise<Briefing> {
    this.checkDay(day, this.clock.now());
    const before = await this.db.repo(BriefingEntity).findOneBy({ day });
    if (before?.state === 'issued') throw frozen(before);
    const body = await this.compose(day);
    const kept = await this.db.write(async (tx) => {
      // Between counting and keeping, somebody may have issued it.
      const current = await tx.repo(BriefingEntity).findOneBy({ day });
      if (current?.state === 'issued') throw frozen(current);
      return tx.repo(BriefingEntity).save({
        day,
        state: 'draft' as const,
        generatedAt: Date.parse(body.generatedAt),
        title: body.title,
        lead: leadText(body),
        body,
        remark: current?.remark ?? null,
        issuedBy: null,
        issuedAt: null,
      });
    });
    this.live.tell({ type: 'briefing', day });
    return view(kept);
  }

  /** Makes today's briefing once 07:00 has passed and nobody has yet. @returns the day made, or null. */
  async tick(): Promise<string | null> {
    const now = this.clock.now();
    const day = dayOf(now);
    if (now < closingOf(day) || (await this.db.repo(BriefingEntity).existsBy({ day }))) return null;
    await this.generate(day);
    return day;
  }

  async edit(day: string, remark: string | null): Promise<Briefing> {
    return this.change(day, (b) => {
      if (b.state === 'issued') throw frozen(b);
      b.remark = remark === '' ? null : remark;
    });
  }

  /** 签发: from now on it never changes. Refused before its window has ended. */
  async issue(day: string, by: Pick<Caller, 'displayName'>): Promise<Briefing> {
    const now = this.clock.now();
    if (now < closingOf(day)) {
      throw conflict('本期统计时段还没有结束，不能签发。', '请在当天 7 时以后签发。');
    }
    await this.day(day);
    return this.change(day, (b) => {
      if (b.state === 'issued') throw frozen(b);
      b.state = 'issued';
      b.issuedBy = by.displayName;
      b.issuedAt = now;
    });
  }

  /** A link to the issued briefing that anybody who holds it can read until it expires. */
  async share(day: string): Promise<RouteAnswer<typeof routes.briefings.share>> {
    const kept = await this.db.repo(BriefingEntity).findOneBy({ day });
    if (kept === null) throw missing(day);
    if (kept.state !== 'issued') throw conflict('日报签发之后才能生成阅读链接。', '请先签发。');
    const expiresAt = this.clock.now() + SHARE_MS;
    const token = this.signer.sign(`briefing:${day}:${expiresAt}`);
    return { path: `/shared/briefings/${token}`, expiresAt: toInstant(expiresAt) };
  }

  /** What a link shows: the page's words and figures, without the ids of the public's posts. */
  async shared(token: string): Promise<Briefing> {
    const found = /^briefing:(\d{4}-\d{2}-\d{2}):(\d{1,15})$/u.exec(this.signer.verify(token) ?? '');
    if (found === null) {
      throw new UserError('not-found', '这个阅读链接无效。', { todo: '请向发送人索要新的链接，或登录后查看。' });
    }
    if (this.clock.now() >= Number(found[2])) {
      throw new UserError('not-found', '这个阅读链接已过期。', { todo: '请向发送人索要新的链接，或登录后查看。' });
    }
    const kept = await this.db.repo(BriefingEntity).findOneBy({ day: found[1] ?? '' });
    if (kept?.state !== 'issued') throw missing(found[1] ?? '');
    const briefing = view(kept);
    return { ...briefing, figures: briefing.figures.map((f) => ({ ...f, postIds: [] })) };
  }

  /** Newest first. Days without a briefing since the first one stand in the list and say so; today only after 07:00. */
  async list(
    query: RouteInput<typeof routes.briefings.list>['query'],
  ): Promise<{ items: ListItem[]; nextCursor: string | null }> {
    const now = this.clock.now();
    if (query.cursor !== undefined && !/^\d{4}-\d{2}-\d{2}$/u.test(query.cursor)) {
      throw new UserError('invalid-input', '翻页位置无效。', { todo: '请从第一页重新打开。' });
    }
    const first = await this.db.one<{ day: string | null }>('SELECT min(day) AS day FROM briefings');
    if (first?.day === null || first?.day === undefined) return { items: [], nextCursor: null };
    const today = dayOf(now);
    let day = query.cursor ?? (now < closingOf(today) ? dayBefore(today) : today);
    const newest = await this.db.one<{ day: string }>('SELECT max(day) AS day FROM briefings');
    if (query.cursor === undefined && newest !== undefined && newest.day > day) day = newest.day;
    const days: string[] = [];
    for (; day >= first.day && days.length < query.limit; day = dayBefore(day)) days.push(day);
    const oldest = days.at(-1);
    const kept = new Map(
      oldest === undefined
        ? []
        : (
            await this.db.all<Pick<BriefingEntity, 'day' | 'title' | 'state' | 'lead'> & { generated_at: number }>(
              'SELECT day, title, state, lead, generated_at FROM briefings WHERE day >= ? AND day <= ?',
              [oldest, days[0] ?? oldest],
            )
          ).map((b) => [b.day, b]),
    );
    const items = days.map((d): ListItem => {
      const b = kept.get(d);
      if (b !== undefined) {
        return { day: d, title: b.title, state: b.state, generatedAt: toInstant(Number(b.generated_at)), lead: b.lead };
      }
      return {
        day: d,
        title: '当天没有生成日报',
        state: 'draft',
        // Nothing was generated; the contract wants a moment, so it is the one when it should have been.
        generatedAt: toInstant(closingOf(d)),
        lead: '本程序当时没有运行，或生成失败。打开后可以按现有数据补编。',
      };
    });
    return { items, nextCursor: oldest !== undefined && day >= first.day ? day : null };
  }

  private async change(day: string, work: (b: BriefingEntity) => void): Promise<Briefing> {
    const kept = await this.db.write(async (tx) => {
      const b = await tx.repo(BriefingEntity).findOneBy({ day });
      if (b === null) throw missing(day);
      work(b);
      return tx.repo(BriefingEntity).save(b);
    });
    this.live.tell({ type: 'briefing', day });
    return view(kept);
  }

  private async compose(day: string): Promise<BriefingBody> {
    const now = this.clock.now();
    const closesAt = closingOf(day);
    const from = closesAt - DAY_MS;
    const to = Math.min(closesAt, now);
    const lastWeek = await this.figures.volume(from - 7 * DAY_MS, to - 7 * DAY_MS);
    const facts: DayFacts = {
      day,
      from,
      to,
      closesAt,
      now,
      office: (await this.office.office()).office,
      volume: await this.figures.volume(from, to),
      lastWeek: lastWeek.total === 0 ? null : lastWeek,
      // One still warm from the days before, of which nobody spoke in this window, is not of this day.
      topics: (await this.figures.topTopics(from, to, TOPICS)).filter((t) => t.posts > 0),
      claims: await this.figures.openClaims(),
      inbox: await this.inbox.of(from, to, now),
      coverage: await this.coverage.of({ from, to }),
      late: now > closesAt + SAME_MORNING_MS,
    };
    return compose(facts);
  }

  private checkDay(day: string, now: number): void {
    const start = startOfDay(day);
    if (Number.isNaN(start) || dayOf(start) !== day) {
      throw new UserError('invalid-input', `“${day}”不是有效的日期。`, { todo: '请从往期日报中选择。' });
    }
    if (now < closingOf(day) - DAY_MS) {
      throw new UserError('not-found', `${day} 的日报还没有到编发的时候。`, { todo: '请在当天 7 时以后查看。' });
    }
  }
}

function closingOf(day: string): number {
  return startOfDay(day) + CLOSING_HOUR * HOUR_MS;
}

function dayBefore(day: string): string {
  return dayOf(startOfDay(day) - DAY_MS);
}

function view(b: BriefingEntity): Briefing {
  return { ...b.body, state: b.state, issuedBy: b.issuedBy, remark: b.remark };
}

function missing(day: string): UserError {
  return new UserError('not-found', `${day} 没有生成日报。`, {
    kept: '当天采集的内容仍可检索。',
    todo: '如有需要，可以“重新生成”按现有数据补编。',
  });
}

function frozen(b: BriefingEntity): UserError {
  return conflict(`${b.day} 的日报已由${b.issuedBy ?? '同事'}签发，内容不再改动。`, '如需更正，请在下一期说明。');
}

/**
 * In: raw items of a connector or a file. Out: accepted items (times, text and authors made safe) and rejected ones with reasons.
 * Called by: pipeline.ts, before enrichment. Nothing that identifies a member of the public leaves this step.
 */
import { MAX_TEXT_LENGTH, RawItem, type RejectReason } from '@minsheng/contracts';
import { htmlToText } from '@minsheng/crawlers';
import { monthOf, type Pseudonyms } from './pseudonym.ts';
import { redact } from './redact.ts';
import { readTime } from './time.ts';

export interface AcceptedItem {
  platform: RawItem['platform'];
  kind: RawItem['kind'];
  nativeId: string;
  parentNativeId: string | null;
  /** The official account's name; set exactly when an official account wrote it. */
  account: string | null;
  authorKey: string | null;
  publishedAt: number;
  title: string | null;
  text: string;
  url: string | null;
  likes: number;
  comments: number;
  reposts: number;
  reads: number;
  state: 'live' | 'deleted' | 'restricted';
  replyHandle: Record<string, string> | null;
}

export interface Rejected {
  /** The item's place: a line of the file, or its id at the source. */
  at: string;
  reason: RejectReason;
  detail: string;
}

export interface IntakeResult {
  accepted: AcceptedItem[];
  rejected: Rejected[];
}

/** What arrives, with its place for the reject list. */
export interface Arrival {
  at: string;
  item: unknown;
}

export class Intake {
  constructor(private readonly pseudonyms: Pseudonyms) {}

  /** @param scope what pseudonyms are scoped to besides the month: the source. */
  async accept(arrivals: readonly Arrival[], scope: string, now: number): Promise<IntakeResult> {
    const result: IntakeResult = { accepted: [], rejected: [] };
    const months = new Set<string>();
    const valid: { raw: RawItem; publishedAt: number; at: string }[] = [];
    for (const { at, item } of arrivals) {
      const parsed = RawItem.safeParse(item);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        result.rejected.push({
          at,
          reason: 'invalid-item',
          detail: `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
        });
        continue;
      }
      const raw = parsed.data;
      const time = readTime(raw.publishedAt, now);
      if ('reason' in time) {
        result.rejected.push({ at, ...time });
        continue;
      }
      if (raw.author !== undefined && raw.account === undefined) months.add(monthOf(time.ms));
      valid.push({ raw, publishedAt: time.ms, at });
    }
    await this.pseudonyms.prepare(months, now);
    for (const { raw, publishedAt, at } of valid) {
      const item = this.clean(raw, publishedAt, scope);
      if (item.state === 'live' && item.text.length > MAX_TEXT_LENGTH) {
        result.rejected.push({
          at,
          reason: 'text-too-long',
          detail: `正文 ${item.text.length} 字，超过上限 ${MAX_TEXT_LENGTH} 字`,
        });
      } else if (item.state === 'live' && item.text === '' && (item.title ?? '') === '') {
        result.rejected.push({ at, reason: 'empty-text', detail: '去除标记后没有文字' });
      } else {
        result.accepted.push(item);
      }
    }
    return result;
  }

  private clean(raw: RawItem, publishedAt: number, scope: string): AcceptedItem {
    const official = raw.account !== undefined;
    const title = raw.title === undefined ? null : redact(plain(raw.title), official).text.trim() || null;
    const text = raw.text.length > 4 * MAX_TEXT_LENGTH ? raw.text : redact(plain(raw.text), official).text.trim();
    return {
      platform: raw.platform,
      kind: raw.kind,
      nativeId: raw.id,
      parentNativeId: raw.parentId ?? null,
      account: raw.account ?? null,
      authorKey:
        official || raw.author === undefined
          ? null
          : this.pseudonyms.of(`${scope}:${raw.platform}`, raw.author, publishedAt),
      publishedAt,
      title,
      text,
      url:
        raw.url !== undefined && /^https?:\/\//u.test(raw.url) && (official || raw.kind !== 'comment') ? raw.url : null,
      likes: raw.likes ?? 0,
      comments: raw.comments ?? 0,
      reposts: raw.reposts ?? 0,
      reads: raw.reads ?? 0,
      state: raw.state ?? 'live',
      replyHandle: raw.replyHandle ?? null,
    };
  }
}

const MARKED_UP = /[<&\p{Cc}\u{AD}\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{2064}\u{FEFF}\p{Cs}]/u;

/** Most comments are plain already; the rest go through the crawlers' one HTML reader. */
function plain(text: string): string {
  return MARKED_UP.test(text) ? htmlToText(text) : text;
}

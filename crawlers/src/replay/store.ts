/**
 * In: raw items in the contract's format, from a corpus file or the demo city. Out: posts, comments and messages as the protocol faces serve them.
 * Called by: `startReplay` and its three faces. Also the ledger that tests use to compare what was served with what was stored.
 */
import type { RawItem } from '@minsheng/contracts';
import { hash53 } from './seeded.ts';

/** An official account that the server plays. Unknown account names in a corpus get one made up from their name. */
export interface ReplayAccount {
  platform: RawItem['platform'];
  /** Weibo uid (digits) or the WeChat `gh_` id. */
  nativeId: string;
  name: string;
  followers?: number;
  description?: string;
  /** WeChat only. */
  appid?: string;
  secret?: string;
}

/** What the memory holds of an item: no keys repeated, times as numbers, counters only where given. */
interface Held {
  /** The id in the corpus. */
  rawId: string;
  /** Published, epoch milliseconds. */
  at: number;
  text: string;
  account: ReplayAccount | undefined;
  author: string | undefined;
  likes: number;
  state: 'live' | 'deleted' | 'restricted';
}

export interface HeldPost extends Held {
  platform: RawItem['platform'];
  kind: 'post' | 'message';
  /** Weibo: the numeric, time-ordered id. WeChat: msg_data_id. Others: 0 (feeds use the corpus id). */
  mid: number;
  title: string | undefined;
  url: string | undefined;
  statedComments: number | undefined;
  reposts: number;
  reads: number;
  comments: HeldComment[];
  sorted: boolean;
}

export interface HeldComment extends Held {
  post: HeldPost;
  replyTo: HeldComment | undefined;
  /** Weibo: the numeric, time-ordered id. WeChat: user_comment_id, unique within the article. */
  mid: number;
}

export interface LedgerRow {
  platform: RawItem['platform'];
  kind: RawItem['kind'];
  rawId: string;
  publicId: string;
  parentPublicId?: string;
  account?: string;
  at: string;
  state: Held['state'];
}

export interface StoreCounts {
  read: number;
  held: number;
  duplicates: number;
  /** Comments whose parent never came; they are not served. */
  orphans: number;
  posts: number;
  comments: number;
  messages: number;
  accounts: number;
}

export interface StoreOptions {
  accounts?: readonly ReplayAccount[];
  /** `growing`: likes, reposts and reads approach the stated value as the post ages, so that a re-crawl brings news. */
  engagement?: 'as-given' | 'growing';
}

const WEIBO_EPOCH_SECONDS = 515_483_463;
const LOW_BITS = 4_194_304; // 2^22: the part of a Weibo id below the second
const WECHAT_MID_BASE = 2_247_483_648;
const EPOCH_2020_SECONDS = 1_577_836_800;
const HALF_LIFE_MS = 5 * 3_600_000;

/** A time-ordered Weibo-like id: seconds above bit 22, `low` below; 16 digits, under 2^53. */
export function weiboIdAt(epochMs: number, low: number): number {
  return (Math.floor(epochMs / 1000) - WEIBO_EPOCH_SECONDS) * LOW_BITS + (low % LOW_BITS);
}

/** A WeChat msg_data_id (uint32) that grows with time. */
export function wechatMidAt(epochMs: number): number {
  const seconds = Math.floor(epochMs / 1000) - EPOCH_2020_SECONDS;
  return WECHAT_MID_BASE + (seconds >= 0 ? seconds : Math.abs(seconds) % 100_000);
}

/** Reads the contract's time: ISO 8601, +08:00 when it names no zone. Throws RangeError on anything else. */
export function instantOf(publishedAt: string): number {
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(publishedAt);
  const ms = Date.parse(zoned ? publishedAt : `${publishedAt.replace(' ', 'T')}+08:00`);
  if (Number.isNaN(ms)) throw new RangeError(`not a time: ${publishedAt}`);
  return ms;
}

/**
 * Holds the items of all platforms. Items may be added at any time (a live demo); they are served once their time has come.
 * A second item with the same platform and id is counted as a duplicate and not held.
 */
export class ReplayStore {
  readonly #posts = new Map<string, HeldPost>();
  readonly #comments = new Map<string, HeldComment>();
  readonly #byPublic = new Map<string, HeldPost | HeldComment>();
  readonly #accounts = new Map<string, ReplayAccount>();
  readonly #waiting = new Map<string, RawItem[]>();
  readonly #weibo: HeldPost[] = [];
  readonly #growing: boolean;
  #weiboSorted = true;
  #read = 0;
  #duplicates = 0;

  constructor(options: StoreOptions = {}) {
    this.#growing = options.engagement === 'growing';
    for (const account of options.accounts ?? []) this.#remember(account);
  }

  #remember(account: ReplayAccount): void {
    this.#accounts.set(`${account.platform}:${account.nativeId}`, account);
    this.#accounts.set(`${account.platform}:${account.name}`, account);
  }

  #accountFor(platform: RawItem['platform'], named: string | undefined): ReplayAccount | undefined {
    if (named === undefined) return undefined;
    const known = this.#accounts.get(`${platform}:${named}`);
    if (known) return known;
    const hash = hash53(`${platform}:${named}`);
    const made: ReplayAccount = {
      platform,
      name: named,
      nativeId: /^\d{5,13}$/.test(named)
        ? named
        : platform === 'wechat'
          ? `gh_${hash.toString(16).slice(0, 12)}`
          : String(1_000_000_000 + (hash % 8_999_999_999)),
      ...(platform === 'wechat'
        ? {
            appid: `wx${hash.toString(16).padStart(16, '0').slice(-16)}`,
            secret: hash53(named, 7).toString(16).padStart(32, '0'),
          }
        : {}),
    };
    this.#remember(made);
    return made;
  }

  /** Adds one item. Returns false when it was a duplicate, or a comment still waiting for its parent. */
  add(item: RawItem): boolean {
    const added = this.#add(item);
    this.#read++;
    return added;
  }

  #add(item: RawItem): boolean {
    const key = `${item.platform}:${item.id}`;
    if (this.#posts.has(key) || this.#comments.has(key)) {
      this.#duplicates++;
      return false;
    }
    const at = instantOf(item.publishedAt);
    const held: Held = {
      rawId: item.id,
      at,
      text: item.text,
      account: this.#accountFor(item.platform, item.account),
      author: item.author,
      likes: item.likes ?? 0,
      state: item.state ?? 'live',
    };
    if (item.kind === 'comment') {
      const parent = this.#parentOf(item);
      if (!parent) {
        const queue = this.#waiting.get(`${item.platform}:${item.parentId ?? ''}`);
        if (queue) queue.push(item);
        else this.#waiting.set(`${item.platform}:${item.parentId ?? ''}`, [item]);
        return false;
      }
      const post = 'post' in parent ? parent.post : parent;
      const comment: HeldComment = {
        ...held,
        post,
        replyTo: 'post' in parent ? parent : undefined,
        mid: this.#commentMid(item, at, post),
      };
      const last = post.comments.at(-1);
      if (last && last.mid > comment.mid) post.sorted = false;
      post.comments.push(comment);
      this.#comments.set(key, comment);
      this.#byPublic.set(publicKey(comment), comment);
    } else {
      const post: HeldPost = {
        ...held,
        platform: item.platform,
        kind: item.kind,
        mid: this.#postMid(item, at),
        title: item.title,
        url: item.url,
        statedComments: item.comments,
        reposts: item.reposts ?? 0,
        reads: item.reads ?? 0,
        comments: [],
        sorted: true,
      };
      this.#posts.set(key, post);
      this.#byPublic.set(publicKey(post), post);
      if (item.platform === 'weibo' && item.kind === 'post') {
        const last = this.#weibo.at(-1);
        if (last && last.mid > post.mid) this.#weiboSorted = false;
        this.#weibo.push(post);
      }
    }
    const waiting = this.#waiting.get(key);
    if (waiting) {
      this.#waiting.delete(key);
      for (const child of waiting) this.#add(child);
    }
    return true;
  }

  #parentOf(item: RawItem): HeldPost | HeldComment | undefined {
    const key = `${item.platform}:${item.parentId ?? ''}`;
    return this.#posts.get(key) ?? this.#comments.get(key);
  }

  /** A numeric Weibo id is kept; any other becomes time plus hash, stepping on when taken. */
  #weiboMid(item: RawItem, at: number): number {
    const own = /^[1-9]\d{9,15}$/.test(item.id) ? Number(item.id) : NaN;
    if (Number.isSafeInteger(own) && !this.#byPublic.has(`weibo:${own}`)) return own;
    let low = hash53(item.id) % LOW_BITS;
    while (this.#byPublic.has(`weibo:${weiboIdAt(at, low)}`)) low = (low + 1) % LOW_BITS;
    return weiboIdAt(at, low);
  }

  #postMid(item: RawItem, at: number): number {
    if (item.kind !== 'post') return 0;
    if (item.platform === 'weibo') return this.#weiboMid(item, at);
    if (item.platform !== 'wechat') return 0;
    const own = /^(\d{10})_1$/.exec(item.id)?.[1];
    let mid = own === undefined ? wechatMidAt(at) : Number(own);
    while (this.#byPublic.has(`wechat:${mid}_1`)) mid++;
    return mid;
  }

  #commentMid(item: RawItem, at: number, post: HeldPost): number {
    if (item.platform === 'weibo') return this.#weiboMid(item, at);
    const own = /_(\d{1,9})$/.exec(item.id)?.[1];
    let mid = own === undefined ? post.comments.length + 1 : Number(own);
    while (this.#byPublic.has(`${post.platform}:${publicIdOf(post)}_${mid}`)) mid++;
    return mid;
  }

  /** Official accounts of one platform, in the order they were named. */
  accounts(platform: RawItem['platform']): ReplayAccount[] {
    return [...new Set([...this.#accounts.values()].filter((a) => a.platform === platform))];
  }

  account(platform: RawItem['platform'], nameOrId: string): ReplayAccount | undefined {
    return this.#accounts.get(`${platform}:${nameOrId}`);
  }

  /** Weibo statuses by ascending id, official and public. */
  statuses(): readonly HeldPost[] {
    if (!this.#weiboSorted) {
      this.#weibo.sort((a, b) => a.mid - b.mid);
      this.#weiboSorted = true;
    }
    return this.#weibo;
  }

  status(mid: number): HeldPost | undefined {
    const held = this.#byPublic.get(`weibo:${mid}`);
    return held && !('post' in held) ? held : undefined;
  }

  comment(mid: number): HeldComment | undefined {
    const held = this.#byPublic.get(`weibo:${mid}`);
    return held && 'post' in held ? held : undefined;
  }

  /** An article by its msg_data_id. */
  article(mid: number): HeldPost | undefined {
    const held = this.#byPublic.get(`wechat:${mid}_1`);
    return held && !('post' in held) ? held : undefined;
  }

  /** Posts and messages of one platform that `keep` accepts, oldest first. */
  select(platform: RawItem['platform'], keep: (post: HeldPost) => boolean): HeldPost[] {
    const out: HeldPost[] = [];
    for (const post of this.#posts.values()) if (post.platform === platform && keep(post)) out.push(post);
    return out.sort((a, b) => a.at - b.at || (a.rawId < b.rawId ? -1 : 1));
  }

  post(platform: RawItem['platform'], rawId: string): HeldPost | undefined {
    return this.#posts.get(`${platform}:${rawId}`);
  }

  /** Comments of a post whose time has come, by ascending id. */
  commentsOf(post: HeldPost, now: number): HeldComment[] {
    if (!post.sorted) {
      post.comments.sort((a, b) => a.mid - b.mid);
      post.sorted = true;
    }
    return post.comments.filter((c) => c.at <= now && c.state === 'live');
  }

  /** The counters a post shows at `now`. */
  engagement(post: HeldPost, now: number): { likes: number; reposts: number; reads: number; comments: number } {
    const share = this.#growing ? 1 - 2 ** (-Math.max(0, now - post.at) / HALF_LIFE_MS) : 1;
    return {
      likes: Math.round(post.likes * share),
      reposts: Math.round(post.reposts * share),
      reads: Math.round(post.reads * share),
      comments: post.statedComments ?? this.commentsOf(post, now).length,
    };
  }

  /** The id under which the platform's face serves an item of the corpus. */
  publicIdOf(platform: RawItem['platform'], rawId: string): string | undefined {
    const held = this.#posts.get(`${platform}:${rawId}`) ?? this.#comments.get(`${platform}:${rawId}`);
    return held && publicIdOf(held);
  }

  /** The reverse of `publicIdOf`. */
  rawIdOf(platform: RawItem['platform'], publicId: string): string | undefined {
    return this.#byPublic.get(`${platform}:${publicId}`)?.rawId;
  }

  counts(): StoreCounts {
    let messages = 0;
    for (const post of this.#posts.values()) if (post.kind === 'message') messages++;
    let orphans = 0;
    for (const queue of this.#waiting.values()) orphans += queue.length;
    return {
      read: this.#read,
      held: this.#posts.size + this.#comments.size,
      duplicates: this.#duplicates,
      orphans,
      posts: this.#posts.size - messages,
      comments: this.#comments.size,
      messages,
      accounts: new Set(this.#accounts.values()).size,
    };
  }

  /** Every item that a face can show, with its public id: what a complete crawl must end up with. */
  *ledger(): Iterable<LedgerRow> {
    for (const post of this.#posts.values()) {
      yield {
        platform: post.platform,
        kind: post.kind,
        rawId: post.rawId,
        publicId: publicIdOf(post),
        ...(post.account ? { account: post.account.name } : {}),
        at: new Date(post.at).toISOString(),
        state: post.state,
      };
      for (const comment of post.comments) {
        if (!isShown(comment)) continue;
        yield {
          platform: post.platform,
          kind: 'comment',
          rawId: comment.rawId,
          publicId: publicIdOf(comment),
          parentPublicId: publicIdOf(post),
          ...(comment.account ? { account: comment.account.name } : {}),
          at: new Date(comment.at).toISOString(),
          state: comment.state,
        };
      }
    }
  }
}

/**
 * WeChat shows readers' comments, and one answer of the office under each; a reader's answer to another has no place there. The other
 * platforms show all.
 */
function isShown({ post, replyTo, account, mid }: HeldComment): boolean {
  if (post.platform !== 'wechat') return true;
  if (account === undefined || replyTo === undefined) return account === undefined && replyTo === undefined;
  return !post.comments.some((c) => c.replyTo === replyTo && c.account !== undefined && c.mid < mid);
}

/** Starts with @ and holds + / =, as Douyin's own do. */
export function douyinId(rawId: string): string {
  return `@${Buffer.from(`\ufffb${rawId}`).toString('base64')}`;
}

/**
 * Weibo: the numeric id. WeChat: `{msg_data_id}_{idx}` for an article, `{msg_data_id}_{idx}_{user_comment_id}` for a comment, and the
 * comment's with `_reply` for the office's answer, which has no number of its own there. Douyin: `@` and base64. Others: the corpus id.
 */
function publicIdOf(held: HeldPost | HeldComment): string {
  const post = 'post' in held ? held.post : held;
  if (post.platform === 'weibo' && held.mid !== 0) return String(held.mid);
  if (post.platform === 'wechat' && post.mid !== 0) {
    if (!('post' in held)) return `${post.mid}_1`;
    const { replyTo } = held;
    return replyTo !== undefined && held.account !== undefined
      ? `${publicIdOf(replyTo)}_reply`
      : `${post.mid}_1_${held.mid}`;
  }
  if (post.platform === 'douyin') return douyinId(held.rawId);
  return held.rawId;
}

function publicKey(held: HeldPost | HeldComment): string {
  const platform = 'post' in held ? held.post.platform : held.platform;
  return `${platform}:${publicIdOf(held)}`;
}

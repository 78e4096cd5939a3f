/**
 * In: a source's settings, its credentials and the cursor of its last run. Out: pages of raw items and the next cursor.
 * Called by: the server's collect step and `minsheng crawl`. A source kind is one file under connectors/ that calls `defineConnector`.
 */
import type { RawItem } from '@minsheng/contracts';
import type { z } from 'zod';
import type { HttpClient } from './http/client.ts';

/** A page of items. The caller stores the items and the cursor in one transaction, so a killed run resumes after the last stored page. */
export interface Page<Cursor> {
  items: RawItem[];
  cursor: Cursor;
  /** What the platform says exists in what this page covers, where it says so; what is left out because it was brought before does not count. */
  expected?: number;
  /** Counters that changed of items yielded before, without their text. */
  engagement?: Engagement[];
  /** Items yielded before that the platform no longer shows. */
  gone?: Gone[];
  /** Something is known to be missing: named here, shown on 采集状态. */
  gaps?: Gap[];
}

export interface Engagement {
  platform: RawItem['platform'];
  kind: RawItem['kind'];
  id: string;
  likes?: number;
  comments?: number;
  reposts?: number;
  reads?: number;
}

export interface Gone {
  platform: RawItem['platform'];
  kind: RawItem['kind'];
  id: string;
  state: 'deleted' | 'restricted';
}

/** A hole in what was collected: what, how much where known, and why. Size 0 says that it is filled. A hole that later pages name no more is taken for filled, except `truncated`. */
export interface Gap {
  what: string;
  size?: number;
  cause: 'platform-limit' | 'login-needed' | 'truncated' | 'deleted' | 'skipped' | 'unknown';
}

/** An official account that a source brings; its name is public and kept. */
export interface AccountInfo {
  platform: RawItem['platform'];
  /** The account's id on the platform. */
  nativeId: string;
  name: string;
  followers?: number;
}

export interface RunContext<Settings, Credentials, Cursor> {
  settings: Settings;
  credentials: Credentials;
  /** `undefined` on the first run. */
  cursor: Cursor | undefined;
  http: HttpClient;
  /** Aborted when the run must stop (shutdown, lease lost); connectors pass it to `http` and end between pages. */
  signal: AbortSignal;
  now(): Date;
  /** Set on a back-fill: only what was published in it is wanted. The cursor is then the back-fill's own; the regular one is left alone. */
  range?: DateRange;
  /** Tells of an official account seen on the way. */
  account(info: AccountInfo): void;
  /** Tells when the credentials end, where they do not say so themselves and the platform does. */
  credentialsEnd(at: Date): void;
  log(message: string): void;
}

/** A stretch of time, `to` exclusive. */
export interface DateRange {
  from: Date;
  to: Date;
}

/** What a platform grants: requests per window, counted by the server for all its processes. */
export interface BudgetRule {
  /** Who is counted: every source with these credentials together, or everything asked of this host. */
  scope: 'credential' | 'host';
  requests: number;
  windowSeconds: number;
}

/** An item brought before, by its id at the platform. */
export interface ItemRef {
  kind: RawItem['kind'];
  id: string;
  /** Of a comment: the post it answers. */
  parentId?: string;
}

/** Counters as they are now, and items that are no longer shown. */
export interface Refreshed {
  engagement: Engagement[];
  gone: Gone[];
}

/** How a person grants access in the browser (OAuth2 code flow). */
export interface Authorization<Settings, Credentials> {
  /** The platform's page that the administrator is sent to; `redirect` is our callback, `state` comes back unchanged. */
  url(settings: Settings, credentials: Credentials, redirect: string, state: string): string;
  /** Turns the code into complete credentials. @throws ConnectorError in words when the platform refuses. */
  exchange(
    run: Omit<RunContext<Settings, Credentials, unknown>, 'cursor'>,
    code: string,
    redirect: string,
  ): Promise<Credentials>;
}

/** A request that a platform sends to us. */
export interface Received {
  method: 'GET' | 'POST';
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

/** What the platform hears back at once, and what it brought. Items are stored before the answer is sent. */
export interface ReceiveAnswer {
  status: number;
  contentType: string;
  body: string;
  items: RawItem[];
  engagement?: Engagement[];
  gone?: Gone[];
}

/** What became of an office's answer at the platform. */
export interface ReplyReceipt {
  /** `delayed`: accepted, shown later; never sent again. */
  state: 'sent' | 'delayed';
  /** The reply's id at the platform, where it tells. */
  id?: string;
}

/** What a person should know before answering: the longest text, and zh-CN sentences. */
export interface ReplyRules {
  characters?: number;
  notes: string[];
}

/** One page of the manual, zh-CN. */
export interface Manual {
  name: string;
  brings: string;
  /** Which permission to ask the platform for. */
  needs: string;
  /** What it costs in requests. */
  cost: string;
  /** What this way cannot bring or do. */
  cannot: string;
  /** Requests per stored item, absent where nobody measured: a first read (`bench collect`), and the soak with its faults and retries (`bench soak`). */
  requestsPerItem?: { firstRead: number; inSoak?: number };
}

export interface ConnectorDefinition<
  Settings extends z.ZodType = z.ZodType,
  Credentials extends z.ZodType = z.ZodType,
  Cursor extends z.ZodType = z.ZodType,
> {
  /** The source kind's name, e.g. `weibo-official`. */
  kind: string;
  /** What a person reads when choosing the kind, and in the manual (zh-CN). */
  manual: Manual;
  platform: RawItem['platform'];
  settings: Settings;
  credentials: Credentials;
  cursor: Cursor;
  /** Seconds between runs when the source does not say otherwise. */
  defaultIntervalSeconds: number;
  /** Present when `crawl` honours `range`; zh-CN: how far back the platform shows what was published. */
  backfill?: string;
  /** What the platform grants; none = only the pace per host limits. */
  budgets?(settings: z.infer<Settings>): BudgetRule[];
  /** When the credentials end, where they say; announced seven days ahead. */
  expiresAt?(credentials: z.infer<Credentials>): Date | null;
  /** Asked on a decaying schedule (first hour, day, week) with at most `batch` items, which costs one request. */
  refresh?: {
    batch: number;
    kinds: readonly RawItem['kind'][];
    ask(
      run: RunContext<z.infer<Settings>, z.infer<Credentials>, z.infer<Cursor>>,
      items: readonly ItemRef[],
    ): Promise<Refreshed>;
  };
  authorize?: Authorization<z.infer<Settings>, z.infer<Credentials>>;
  /** Takes what the platform pushes to `/api/hooks/SOURCE`; must not fetch anything, so that it answers within the platform's patience. */
  receive?(
    run: Pick<RunContext<z.infer<Settings>, z.infer<Credentials>, z.infer<Cursor>>, 'settings' | 'credentials' | 'now'>,
    request: Received,
  ): Promise<ReceiveAnswer>;
  /** Answers a citizen from the office's own account. `handle` is the item's `replyHandle`. Sent once, whatever goes wrong. */
  reply?(
    run: RunContext<z.infer<Settings>, z.infer<Credentials>, z.infer<Cursor>>,
    reply: { handle: Record<string, string>; text: string },
  ): Promise<ReplyReceipt>;
  /** The platform's rules for an answer to an item of this kind; with `reply`. */
  replyRules?(kind: RawItem['kind']): ReplyRules;
  /** One cheap request that proves the settings and credentials; throws a connector error otherwise. Returns one zh-CN sentence of what was found. */
  probe(run: RunContext<z.infer<Settings>, z.infer<Credentials>, z.infer<Cursor>>): Promise<string>;
  /** Yields pages, oldest news first where the platform allows it; each page is stored before the next is asked for. */
  crawl(
    run: RunContext<z.infer<Settings>, z.infer<Credentials>, z.infer<Cursor>>,
  ): AsyncIterable<Page<z.infer<Cursor>>>;
}

/** Declares a source kind. It only returns its argument: the types are the point. */
export function defineConnector<S extends z.ZodType, C extends z.ZodType, K extends z.ZodType>(
  definition: ConnectorDefinition<S, C, K>,
): ConnectorDefinition<S, C, K> {
  return definition;
}

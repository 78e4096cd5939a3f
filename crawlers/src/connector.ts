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
  /** What the platform says exists in what this page covers, where it says so. */
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

/** A hole in what was collected: what, how much where known, and why. */
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
  /** Tells of an official account seen on the way. */
  account(info: AccountInfo): void;
  log(message: string): void;
}

export interface ConnectorDefinition<
  Settings extends z.ZodType = z.ZodType,
  Credentials extends z.ZodType = z.ZodType,
  Cursor extends z.ZodType = z.ZodType,
> {
  /** The source kind's name, e.g. `weibo-official`. */
  kind: string;
  /** What a person reads when choosing the kind (zh-CN): name, what it brings, what to ask the platform for, cost in requests. */
  manual: { name: string; brings: string; needs: string; cost: string };
  platform: RawItem['platform'];
  settings: Settings;
  credentials: Credentials;
  cursor: Cursor;
  /** Seconds between runs when the source does not say otherwise. */
  defaultIntervalSeconds: number;
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

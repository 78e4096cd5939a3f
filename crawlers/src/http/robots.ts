/**
 * In: an address about to be asked, and a way to fetch its site's robots.txt. Out: whether we may, and how slowly.
 * Called by: the HTTP client for websites. Rules: RFC 9309; Crawl-delay, which is not in it, is honoured up to a minute.
 */
import { createRequire } from 'node:module';
import type robotsModule from 'robots-parser';
import { Blocked, ConnectorError, RetryAfter } from '../errors.ts';

// The package's types describe a default export that its CommonJS file does not have.
const robotsParser = createRequire(import.meta.url)('robots-parser') as typeof robotsModule.default;

type Rules = ReturnType<typeof robotsParser>;

/** `closed`: we stay out until then; whether the site asks for time or does not answer decides what is told. */
interface Known {
  until: number;
  rules: Rules | 'closed';
  asksForTime?: boolean;
}

/** RFC 9309 2.4: not kept longer than a day. */
const KEPT_MS = 24 * 3_600_000;
const CLOSED_MS = 600_000;
const LONGEST_DELAY_MS = 60_000;
const ORIGINS_KEPT = 500;

/** What is known of sites' rules. One for all clients of a process, so that a run does not ask again. */
export class RobotsCache {
  private readonly known = new Map<string, Known>();

  /**
   * @returns the least time between two requests that the site asks for, in ms.
   * @throws ConnectorError `permission` where the rules forbid the address; RetryAfter while the site asks for time; `unreachable` while it does not answer.
   */
  async obey(
    url: URL,
    agent: string,
    now: number,
    fetchText: (address: URL) => Promise<{ status: number; text: string }>,
  ): Promise<number> {
    if (url.pathname === '/robots.txt') return 0;
    let entry = this.known.get(url.origin);
    if (entry === undefined || entry.until <= now) {
      entry = await this.read(url, now, fetchText);
      this.known.delete(url.origin);
      this.known.set(url.origin, entry);
      const [oldest] = this.known.keys();
      if (this.known.size > ORIGINS_KEPT && oldest !== undefined) this.known.delete(oldest);
    }
    if (entry.rules === 'closed') {
      const seconds = Math.max(1, Math.ceil((entry.until - now) / 1000));
      const later = `${Math.ceil(seconds / 60)} 分钟后再试`;
      if (entry.asksForTime === true)
        throw new RetryAfter(`对方网站要求稍后再来，尚未读到 robots.txt，按规范先不采集，${later}。`, seconds);
      // A site that is down must not look like one that only asks for patience.
      throw new ConnectorError(
        'unreachable',
        `连不上对方网站，或网站出错，读不到 robots.txt，按规范先不采集，${later}。请核对地址，或联系网站管理单位。`,
        { retryAfterSeconds: seconds },
      );
    }
    if (entry.rules.isAllowed(url.href, agent) === false) {
      throw new ConnectorError(
        'permission',
        '对方网站的 robots.txt 不允许采集这个地址，已停止。请与网站管理单位商定。',
      );
    }
    return Math.min(LONGEST_DELAY_MS, (entry.rules.getCrawlDelay(agent) ?? 0) * 1000);
  }

  /** 4xx means that there are no rules; 5xx or silence mean that we stay out for now. */
  private async read(
    url: URL,
    now: number,
    fetchText: (address: URL) => Promise<{ status: number; text: string }>,
  ): Promise<Known> {
    const address = new URL('/robots.txt', url);
    try {
      const answer = await fetchText(address);
      return { until: now + KEPT_MS, rules: robotsParser(address.href, answer.status < 300 ? answer.text : '') };
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') throw error;
      if (error instanceof ConnectorError && error.kind === 'refused-address') throw error;
      if (error instanceof Blocked) return { until: now + KEPT_MS, rules: robotsParser(address.href, '') };
      const asksForTime = error instanceof RetryAfter;
      const wait = asksForTime ? (error.details.retryAfterSeconds ?? 0) * 1000 : 0;
      return { until: now + Math.max(CLOSED_MS, wait), rules: 'closed', asksForTime };
    }
  }
}

/**
 * In: whether a real source exists. Out: the demo city served over loopback, its sources, and its end without a trace.
 * Called by: start-up, sources (the first real source ends the demo), ingest (so does real data).
 */
import type { Config } from '../platform/config.ts';
import type { Database } from '../platform/database/database.ts';
import type { Leases } from '../platform/leases/leases.ts';
import type { Log } from '../platform/logging.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { Settings } from '../platform/settings/settings.ts';

/** What belongs to the installation rather than to what was collected: kept when the demo ends. */
const KEPT = new Set(['users', 'sessions', 'audit_log', 'settings', 'dictionary', 'author_keys', 'inbox_rules']);

/** What the demo city hands to the desks besides what is crawled. */
export interface Seeds {
  departments: readonly { name: string; duties: readonly string[]; contact: string | null }[];
  /** claim, verdict, summary, source */
  debunks: readonly (readonly [string, string, string, string])[];
  /** question, answer, department */
  answers: readonly (readonly [string, string, string])[];
}

export interface DemoSeeds {
  seed(city: Seeds): Promise<void>;
}

export interface DemoServer {
  url: string;
  close(): Promise<void>;
}

/** Starts the city's platforms and tells which sources crawl them. */
export type DemoStarter = (start: number) => Promise<{
  server: DemoServer;
  sources: {
    kind: string;
    name: string;
    settings: Record<string, unknown>;
    credentials: Record<string, unknown>;
    everySeconds: number;
  }[];
  seeds: Seeds;
}>;

const LEASE = 'demo-city';
const WATCH_MS = 5000;

export class Demo {
  private server: DemoServer | null = null;
  /** With replicas: looks whether the city must be taken over, or has been left elsewhere. */
  private watching: NodeJS.Timeout | null = null;
  /** Bound after the search engine exists; empties what lies outside ordinary tables. */
  onClear: (() => Promise<void>) | null = null;
  /** Told when everything is gone, so that what is remembered in memory is forgotten too. */
  onLeft: (() => void) | null = null;

  constructor(
    private readonly db: Database,
    private readonly settings: Settings,
    private readonly secrets: Secrets,
    private readonly config: Pick<Config, 'demo'>,
    private readonly log: Log,
    private readonly starter: DemoStarter,
    private readonly leases: Leases,
  ) {}

  /** Whether this process serves the city, or there is none to serve: its addresses are only good on this machine. */
  get here(): boolean {
    return this.server !== null || this.watching === null;
  }

  /** Shows the demo city when it is wanted: on until real data exists, unless DEMO says otherwise. @returns whether it is shown. */
  async start(seeds: DemoSeeds): Promise<boolean> {
    const shown = await this.settings.demo();
    if (this.config.demo === false) {
      if (shown) await this.leaveFor('DEMO=0');
      return false;
    }
    if (!shown && (await this.hasRealData())) return false;
    if (!shown && (await this.settings.get('demo')) === false && this.config.demo !== true) return false;
    if (this.db.dialect === 'postgres') this.watch(seeds);
    // One replica serves the city; the others stand by.
    if (!(await this.leases.hold(LEASE))) return true;
    const began = await this.settings.get('demoStart');
    const start = shown && typeof began === 'number' ? began : Date.now();
    if (start !== began) await this.settings.set('demoStart', start);
    const { server, sources, seeds: given } = await this.starter(start);
    this.server = server;
    if (!shown) {
      await seeds.seed(given);
      await this.settings.set('office', {
        office: '澜江市人民政府新闻办公室',
        retentionDays: 180,
        replyNeedsApproval: true,
      });
      await this.settings.set('demo', true);
    }
    await this.db.write(async (tx) => {
      for (const source of sources) {
        const [old] = await tx.all<{ id: number }>('SELECT id FROM sources WHERE name = ? AND demo = 1', [source.name]);
        const values = [
          JSON.stringify(source.settings),
          this.secrets.seal('source-credentials', JSON.stringify(source.credentials)),
        ];
        if (old === undefined) {
          await tx.run(
            `INSERT INTO sources (kind, name, settings, credentials, schedule, demo, created_at) VALUES (?, ?, ?, ?, ?, 1, ?)`,
            [source.kind, source.name, ...values, JSON.stringify({ everySeconds: source.everySeconds }), Date.now()],
          );
        } else {
          await tx.run(
            'UPDATE sources SET settings = ?, credentials = ?, next_run_at = 0, failures = 0, lease_until = 0 WHERE id = ?',
            [...values, old.id],
          );
        }
      }
    });
    return true;
  }

  private async hasRealData(): Promise<boolean> {
    const [row] = await this.db.all<{ n: number }>(
      'SELECT (SELECT count(*) FROM sources WHERE demo = 0) + (SELECT count(*) FROM (SELECT 1 FROM posts LIMIT 1) AS p) AS n',
    );
    return Number(row?.n ?? 0) > 0;
  }

  /** Ends the demo if it is shown: stops its servers and deletes everything that was collected or written about it. */
  async leaveFor(reason: string): Promise<boolean> {
    if (!(await this.settings.demo())) return false;
    this.log.info({ reason }, 'leaving the demo city');
    await this.stop();
    const tables = await this.db.tables();
    await this.db.write(async (tx) => {
      for (const name of tables) if (!KEPT.has(name)) await tx.run(`DELETE FROM "${name}"`);
    });
    await this.onClear?.();
    await this.settings.set('demo', false);
    await this.settings.set('office', {});
    this.onLeft?.();
    return true;
  }

  private watch(seeds: DemoSeeds): void {
    if (this.watching !== null) return;
    this.watching = setInterval(() => {
      this.look(seeds).catch((error: unknown) => this.log.warn({ err: error }, 'cannot look after the demo city'));
    }, WATCH_MS);
  }

  private async look(seeds: DemoSeeds): Promise<void> {
    const shown = await this.settings.demo();
    if (!shown) {
      // Left from another replica: what this one remembers of it is gone as well.
      await this.stop();
      this.onLeft?.();
    } else if (this.server === null) await this.start(seeds);
    else if (!(await this.leases.hold(LEASE))) await this.close();
  }

  async stop(): Promise<void> {
    if (this.watching !== null) clearInterval(this.watching);
    this.watching = null;
    await this.close();
  }

  private async close(): Promise<void> {
    await this.server?.close();
    this.server = null;
  }
}

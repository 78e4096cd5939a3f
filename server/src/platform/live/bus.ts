/**
 * In: small messages of this process. Out: the same messages in every other process on the same database (LISTEN/NOTIFY). Used by: live, viewers.
 * A message may be lost while the database restarts; nothing that must not be lost travels this way.
 */
import pg from 'pg';
import { randomUUID } from 'node:crypto';
import { connectionOf } from '../database/postgres.ts';

const CHANNEL = 'minsheng';
/** PostgreSQL's limit is 8000 bytes. */
const LONGEST = 7900;
const AGAIN_MS = 1000;

type Handler = (data: unknown) => void;

export class Bus {
  private readonly from = randomUUID();
  private readonly handlers = new Map<string, Set<Handler>>();
  private client: pg.Client | null = null;
  private closed = false;
  private retry: NodeJS.Timeout | null = null;

  private constructor(private readonly url: string) {}

  static async open(url: string): Promise<Bus> {
    const bus = new Bus(url);
    await bus.connect();
    return bus;
  }

  on(topic: string, handler: Handler): void {
    const known = this.handlers.get(topic);
    if (known === undefined) this.handlers.set(topic, new Set([handler]));
    else known.add(handler);
  }

  /** To the other processes; this one has its own ways. */
  tell(topic: string, data: unknown): void {
    const message = JSON.stringify({ from: this.from, topic, data });
    if (Buffer.byteLength(message) > LONGEST) return;
    this.client?.query('SELECT pg_notify($1, $2)', [CHANNEL, message]).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
    this.client = null;
  }

  private async connect(): Promise<void> {
    const client = new pg.Client(connectionOf(this.url));
    client.on('error', () => undefined);
    client.on('end', () => this.reconnect(client));
    client.on('notification', ({ payload }) => this.hear(payload ?? ''));
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    this.client = client;
  }

  private reconnect(ended: pg.Client): void {
    if (this.closed || (this.client !== null && this.client !== ended)) return;
    this.client = null;
    this.retry = setTimeout(() => {
      this.connect().catch(() => undefined);
    }, AGAIN_MS);
  }

  private hear(payload: string): void {
    const { from, topic, data } = JSON.parse(payload) as { from: string; topic: string; data: unknown };
    if (from === this.from) return;
    for (const handler of this.handlers.get(topic) ?? []) handler(data);
  }
}

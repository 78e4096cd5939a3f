/**
 * In: something an officer should see. Out: one open alert per subject, updated rather than repeated. Called by: topics, claims, inbox, sources.
 */
import { hasDesk, routes, type Alert, type RouteAnswer, type RouteInput } from '@minsheng/contracts';
import { Controller, Injectable } from '@nestjs/common';
import type { Caller } from '../platform/auth/caller.ts';
import { Clock, toInstant } from '../platform/clock.ts';
import { Database, type Row } from '../platform/database/database.ts';
import { notFound } from '../platform/errors.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { Live } from '../platform/live/live.ts';

export interface Raised {
  subject: string;
  kind: Alert['kind'];
  level: Alert['level'];
  title: string;
  text: string;
  href: string;
}

@Injectable()
export class Alerts {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly live: Live,
  ) {}

  /** Opens the subject's alert, or updates the open one when what it says has changed. A closed one is opened anew only by a new raise. */
  async raise(alert: Raised): Promise<void> {
    const now = this.clock.now();
    const told = await this.db.write(async (tx) => {
      const [old] = await tx.all(`SELECT * FROM alerts WHERE subject = ? AND state <> 'closed'`, [alert.subject]);
      if (old === undefined) {
        const [row] = await tx.all<{ id: number }>(
          `INSERT INTO alerts (kind, level, title, text, subject, href, opened_at, updated_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open') RETURNING id`,
          [alert.kind, alert.level, alert.title, alert.text, alert.subject, alert.href, now, now],
        );
        return { id: String(row?.id), opened: true };
      }
      if (old['text'] === alert.text && old['level'] === alert.level) return null;
      await tx.run(
        'UPDATE alerts SET level = ?, title = ?, text = ?, updated_at = ?, updates = updates + 1 WHERE id = ?',
        [alert.level, alert.title, alert.text, now, Number(old['id'])],
      );
      return { id: String(old['id']), opened: false };
    });
    if (told !== null) this.live.tell({ type: 'alert', ...told, kind: alert.kind });
  }

  async close(subject: string): Promise<void> {
    await this.db.write((tx) =>
      tx.run(`UPDATE alerts SET state = 'closed', updated_at = ? WHERE subject = ? AND state <> 'closed'`, [
        this.clock.now(),
        subject,
      ]),
    );
  }
}

/** `mayReadAlert` as a condition, for those whom the routes let in. */
const visibleTo = ({ roles }: Caller) => (hasDesk(roles) ? '1 = 1' : `kind = 'source'`);

@Controller()
export class AlertsController {
  constructor(private readonly db: Database) {}

  @Endpoint(routes.alerts.list)
  async list(
    @Input() { query }: RouteInput<typeof routes.alerts.list>,
    @CallerParam() caller: Caller,
  ): Promise<RouteAnswer<typeof routes.alerts.list>> {
    const where = ['id < ?', visibleTo(caller)];
    const params: (string | number)[] = [Number(query.cursor ?? Number.MAX_SAFE_INTEGER)];
    if (query.state !== 'all') {
      where.push('state = ?');
      params.push(query.state);
    }
    if (query.kind !== undefined) {
      where.push('kind = ?');
      params.push(query.kind);
    }
    const rows = await this.db.all(`SELECT * FROM alerts WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT ?`, [
      ...params,
      query.limit + 1,
    ]);
    const items = rows.slice(0, query.limit).map(view);
    return { items, nextCursor: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Endpoint(routes.alerts.acknowledge)
  async acknowledge(
    @Input() { params }: RouteInput<typeof routes.alerts.acknowledge>,
    @CallerParam() caller: Caller,
  ): Promise<Alert> {
    const id = Number(params.id);
    const visible = visibleTo(caller);
    await this.db.write((tx) =>
      tx.run(
        `UPDATE alerts SET state = 'acknowledged', acknowledged_by = ? WHERE id = ? AND state = 'open' AND ${visible}`,
        [caller.displayName, id],
      ),
    );
    const row = await this.db.one(`SELECT * FROM alerts WHERE id = ? AND ${visible}`, [id]);
    if (row === undefined) throw notFound('条预警');
    return view(row);
  }
}

function view(r: Row): Alert {
  return {
    id: String(r['id']),
    kind: String(r['kind']) as Alert['kind'],
    level: String(r['level']) as Alert['level'],
    title: String(r['title']),
    text: String(r['text']),
    subject: String(r['subject']),
    href: String(r['href']),
    openedAt: toInstant(Number(r['opened_at'])),
    updatedAt: toInstant(Number(r['updated_at'])),
    updates: Number(r['updates']),
    state: String(r['state']) as Alert['state'],
    acknowledgedBy: r['acknowledged_by'] === null ? null : String(r['acknowledged_by']),
  };
}

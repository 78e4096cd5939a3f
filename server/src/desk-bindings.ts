/**
 * In: users, secrets, settings, the segmenter. Out: the ports of inbox and briefings bound to them. Used by: app.module.ts.
 * AlertsPort and BriefingFigures belong to detection and the counters and are bound with them.
 */
import { Injectable, type Provider } from '@nestjs/common';
import type { InboxRow, OfficeSettings } from '@minsheng/contracts';
import { Signer } from './briefings/ports.ts';
import { Collector } from './collect/collector.ts';
import { OfficialReply } from './collect/official-reply.ts';
import { InboxRows, type InboxTodo } from './dashboard/ports.ts';
import { Enricher } from './enrich/enricher.ts';
import { fold } from './enrich/normalise.ts';
import { CaseViews } from './inbox/case-views.ts';
import { ReplySender, RoutingModel, Staff, Tokenizer, Vault, type LikelyLabel } from './inbox/ports.ts';
import { People } from './platform/auth/people.ts';
import { UserEntity } from './platform/auth/user.entity.ts';
import { Database } from './platform/database/database.ts';
import { Office } from './platform/office.ts';
import { Secrets } from './platform/secrets.ts';
import { Settings } from './platform/settings/settings.ts';

@Injectable()
export class UserNames extends People {
  constructor(private readonly db: Database) {
    super();
  }
  async userName(id: number | null): Promise<string | null> {
    return id === null ? null : ((await this.db.repo(UserEntity).findOneBy({ id }))?.displayName ?? null);
  }
}

/** Who may answer: officers and reply staff who are not disabled. */
@Injectable()
export class ReplyStaff extends Staff {
  constructor(private readonly db: Database) {
    super();
  }
  async staff() {
    const users = await this.db.repo(UserEntity).find({ where: { disabled: 0 }, order: { id: 'ASC' } });
    return users
      .filter((u) => u.roles.includes('officer') || u.roles.includes('staff'))
      .map((u) => ({ id: u.id, displayName: u.displayName, departmentId: u.departmentId }));
  }
}

/** Opens what the pipeline sealed: same key, same purpose. */
@Injectable()
export class ReplyHandleVault extends Vault {
  constructor(private readonly secrets: Secrets) {
    super();
  }
  seal(plain: string): string {
    return this.secrets.seal('reply-handle', plain);
  }
  open(sealed: string): string {
    return this.secrets.open('reply-handle', sealed);
  }
}

@Injectable()
export class LinkSigner extends Signer {
  constructor(private readonly secrets: Secrets) {
    super();
  }
  sign(payload: string): string {
    return this.secrets.sign('briefing-link', payload);
  }
  verify(token: string): string | null {
    return this.secrets.verify('briefing-link', token);
  }
}

@Injectable()
export class SegmentedText extends Tokenizer {
  constructor(private readonly enricher: Enricher) {
    super();
  }
  tokens(text: string): string[] {
    return this.enricher.segmenter.cut(fold(text));
  }
}

/** The model in use, shipped or retrained. */
@Injectable()
export class TrainedRouting extends RoutingModel {
  constructor(private readonly enricher: Enricher) {
    super();
  }
  labels(): readonly string[] {
    return this.enricher.departments.model?.labels ?? NO_LABELS;
  }
  read(text: string): LikelyLabel[] {
    return this.enricher
      .departmentsOf(text)
      .map(({ id, probability, reasons }) => ({ label: id, probability, words: reasons }));
  }
}

@Injectable()
export class SavedOffice extends Office {
  constructor(private readonly settings: Settings) {
    super();
  }
  office(): Promise<OfficeSettings> {
    return this.settings.office();
  }
}

/** For the overview. */
@Injectable()
export class OpenCases extends InboxRows {
  constructor(private readonly views: CaseViews) {
    super();
  }
  todo(limit: number): Promise<InboxRow[]> {
    return this.views.dueFirst(limit);
  }
  async counts(): Promise<InboxTodo> {
    const { dueToday, overdue, review } = await this.views.counts(null);
    return { dueToday, overdue, review };
  }
}

const NO_LABELS: readonly string[] = [];

export const deskBindings: Provider[] = [
  { provide: People, useClass: UserNames },
  { provide: Staff, useClass: ReplyStaff },
  { provide: Vault, useClass: ReplyHandleVault },
  { provide: Signer, useClass: LinkSigner },
  { provide: RoutingModel, useClass: TrainedRouting },
  { provide: Tokenizer, useClass: SegmentedText },
  {
    provide: ReplySender,
    useFactory: (db: Database, collector: Collector) => new OfficialReply(db, collector),
    inject: [Database, Collector],
  },
  { provide: Office, useClass: SavedOffice },
];

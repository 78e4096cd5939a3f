/**
 * In: the configuration. Out: the whole product, wired by hand in the order of pipeline.ts. Called by: main.ts, the command line, tests.
 */
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { Collector } from './collect/collector.ts';
import { Scheduler, Steps } from './collect/scheduler.ts';
import { SourceWatch } from './collect/watch.ts';
import { Demo } from './demo/demo.ts';
import { DashboardModule } from './dashboard/dashboard.module.ts';
import { Enricher } from './enrich/enricher.ts';
import { Intake } from './intake/intake.ts';
import { Imports } from './intake/imports.ts';
import { ImportsController } from './intake/imports.controller.ts';
import { PushController } from './intake/push.controller.ts';
import { Pseudonyms } from './intake/pseudonym.ts';
import { Pipeline } from './pipeline.ts';
import { Audit } from './platform/audit/audit.service.ts';
import { AuthController } from './platform/auth/auth.controller.ts';
import { AuthService } from './platform/auth/auth.service.ts';
import { Clock } from './platform/clock.ts';
import { ConfigHolder } from './platform/config-holder.ts';
import type { Config } from './platform/config.ts';
import { Database } from './platform/database/database.ts';
import { AccessGuard } from './platform/http/access.guard.ts';
import { AuditInterceptor } from './platform/http/audit.interceptor.ts';
import { ErrorFilter } from './platform/http/error.filter.ts';
import { Leases } from './platform/leases/leases.ts';
import { LiveController } from './platform/live/live.controller.ts';
import type { Bus } from './platform/live/bus.ts';
import { Live } from './platform/live/live.ts';
import { Log } from './platform/logging.ts';
import { Secrets } from './platform/secrets.ts';
import { Settings } from './platform/settings/settings.ts';
import { UsersController } from './platform/users/users.controller.ts';
import { PostViews, SourceNames, StoredNames } from './posts/post-view.ts';
import { SmallCells } from './posts/small-cells.ts';
import { PortsModule } from './ports.module.ts';
import { DetectionSteps } from './detection-steps.ts';
import { TopicsModule } from './topics/topics.module.ts';
import { ClaimsModule } from './claims/claims.module.ts';
import { LabelsModule } from './labels/labels.module.ts';
import { InboxModule } from './inbox/inbox.module.ts';
import { BriefingsModule } from './briefings/briefings.module.ts';
import { SearchModule } from './search/search.module.ts';
import { Alerts } from './alerts/alerts.ts';
import { Retention } from './posts/retention.ts';
import { RollupReader } from './rollups/rollup-reader.ts';
import { Rollups } from './rollups/rollups.ts';
import { SearchEngine } from './search/search-engine.ts';
import { SearchWriter } from './search/search-writer.ts';
import { Authorizations } from './sources/authorizations.ts';
import { PushKeys } from './sources/push-keys.ts';
import { SourceBook } from './sources/source-book.ts';
import { DemoClerks } from './demo/demo-clerks.ts';
import { DemoDesk } from './demo/demo-desk.ts';
import { SourcesController } from './sources/sources.controller.ts';
import { WordSuggestions } from './system/word-suggestions.ts';
import { SystemController } from './system/system.controller.ts';

/** What is made before Nest starts, because the command line needs it without Nest as well. */
export interface Core {
  config: Config;
  db: Database;
  secrets: Secrets;
  log: Log;
  /** Made when first asked for: dictionary and models take a second and a quarter of a gigabyte, and ingest leaves them to another thread. */
  enricher: () => Enricher;
  live: Live;
  clock: Clock;
  demo: Demo;
  leases: Leases;
  pipeline: Pipeline;
  collector: Collector;
  engine: SearchEngine;
  rollups: Rollups;
  pseudonyms: Pseudonyms;
}

@Module({})
export class AppModule {
  /** @param scheduled false for tests and one-off verbs that must not start crawling by themselves. */
  static with(core: Core, scheduled: boolean): DynamicModule {
    const made: Provider[] = [
      { provide: ConfigHolder, useValue: new ConfigHolder(core.config) },
      { provide: Database, useValue: core.db },
      { provide: Secrets, useValue: core.secrets },
      { provide: Log, useValue: core.log },
      { provide: Enricher, useValue: core.enricher() },
      { provide: Live, useValue: core.live },
      { provide: Clock, useValue: core.clock },
      { provide: Demo, useValue: core.demo },
      { provide: Leases, useValue: core.leases },
      { provide: Pipeline, useValue: core.pipeline },
      { provide: Collector, useValue: core.collector },
      { provide: SearchEngine, useValue: core.engine },
      { provide: Rollups, useValue: core.rollups },
      { provide: Pseudonyms, useValue: core.pseudonyms },
    ];
    return {
      module: AppModule,
      global: true,
      imports: [
        ...(scheduled ? [ScheduleModule.forRoot()] : []),
        PortsModule,
        TopicsModule,
        ClaimsModule,
        InboxModule,
        LabelsModule,
        BriefingsModule,
        SearchModule,
        DashboardModule,
      ],
      controllers: [
        AuthController,
        UsersController,
        LiveController,
        SourcesController,
        PushController,
        ImportsController,
        SystemController,
      ],
      providers: [
        ...made,
        Settings,
        SourceBook,
        PushKeys,
        Imports,
        Authorizations,
        SourceWatch,
        DemoClerks,
        DemoDesk,
        Audit,
        AuthService,
        RollupReader,
        PostViews,
        SmallCells,
        { provide: SourceNames, useClass: StoredNames },
        Alerts,
        Retention,
        WordSuggestions,
        { provide: Steps, useClass: DetectionSteps },
        ...(scheduled ? [Scheduler] : []),
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
      exports: [
        ...made,
        Settings,
        Audit,
        AuthService,
        RollupReader,
        PostViews,
        SmallCells,
        SourceNames,
        Alerts,
        WordSuggestions,
        Steps,
      ],
    };
  }
}

/** The parts below the web: enough for ingest, crawl and reindex. */
export function wire(
  parts: Pick<Core, 'config' | 'db' | 'secrets' | 'log' | 'enricher' | 'demo' | 'leases' | 'clock' | 'engine'>,
  bus: Bus | null = null,
): Core {
  const { db, secrets, enricher, clock, log, engine } = parts;
  const live = new Live(bus);
  const rollups = new Rollups(clock);
  const pseudonyms = new Pseudonyms(db, secrets);
  const intake = new Intake(pseudonyms);
  const pipeline = new Pipeline(db, intake, enricher, [new SearchWriter(engine, rollups)], secrets, live, clock);
  const { leaseMs } = parts.config;
  const collector = new Collector(db, pipeline, secrets, live, clock, log, {
    ...(leaseMs === undefined ? {} : { leaseMs: 2 * leaseMs }),
  });
  collector.demoHere = () => parts.demo.here;
  parts.demo.onClear = () =>
    db.write(async (tx) => {
      await engine.clear(tx);
      await rollups.clear(tx);
    });
  return { ...parts, live, rollups, pipeline, collector, pseudonyms };
}

/**
 * In: posts, counters and coverage, which the app module provides to all, and the desks' ports. Out: the overview, the charts and the account list. The ports are bound here to "not there"
 * until a desk is put in their place.
 */
import { Module } from '@nestjs/common';
import { AccountsService } from './accounts.service.ts';
import { DashboardController } from './dashboard.controller.ts';
import { DashboardService } from './dashboard.service.ts';
import { OverviewService } from './overview.service.ts';
import {
  ClaimRows,
  InboxRows,
  NoClaims,
  NoInbox,
  NoMarks,
  NoSourceHealth,
  NoTopics,
  OfficialMarks,
  SourceHealthPort,
  TopicRows,
} from './ports.ts';

@Module({
  controllers: [DashboardController],
  providers: [
    DashboardService,
    OverviewService,
    AccountsService,
    { provide: TopicRows, useClass: NoTopics },
    { provide: ClaimRows, useClass: NoClaims },
    { provide: InboxRows, useClass: NoInbox },
    { provide: SourceHealthPort, useClass: NoSourceHealth },
    { provide: OfficialMarks, useClass: NoMarks },
  ],
  exports: [DashboardService, OverviewService, AccountsService],
})
export class DashboardModule {}

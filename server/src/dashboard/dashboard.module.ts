/**
 * In: posts, counters and coverage, which the app module provides to all, and the desks' ports. Out: the overview, the charts and the account list. The ports are bound in ports.module.ts.
 */
import { Module } from '@nestjs/common';
import { AccountsService } from './accounts.service.ts';
import { DashboardController } from './dashboard.controller.ts';
import { DashboardService } from './dashboard.service.ts';
import { OverviewService } from './overview.service.ts';

@Module({
  controllers: [DashboardController],
  providers: [DashboardService, OverviewService, AccountsService],
  exports: [DashboardService, OverviewService, AccountsService],
})
export class DashboardModule {}

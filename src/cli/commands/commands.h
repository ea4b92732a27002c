// Every subcommand, a function each that adds it to the command line.
#pragma once

#include "cli/command.h"

namespace icefall::cli {

void AddBuildAggregates(CommandLine& line);
void AddCheck(CommandLine& line);
void AddCompact(CommandLine& line);
void AddCreate(CommandLine& line);
void AddCreateIndex(CommandLine& line);
void AddCreateView(CommandLine& line);
void AddDoctor(CommandLine& line);
void AddDropTable(CommandLine& line);
void AddExport(CommandLine& line);
void AddGc(CommandLine& line);
void AddIcedb(CommandLine& line);
void AddImport(CommandLine& line);
void AddInsert(CommandLine& line);
void AddOptimize(CommandLine& line);
void AddQuery(CommandLine& line);
void AddRefreshView(CommandLine& line);
void AddReplicate(CommandLine& line);
void AddSnapshots(CommandLine& line);

}  // namespace icefall::cli

#include "cli/commands/commands.h"

int main(int argc, char** argv) {
  icefall::cli::CommandLine line;
  icefall::cli::AddCreate(line);
  icefall::cli::AddDoctor(line);
  icefall::cli::AddDropTable(line);
  icefall::cli::AddInsert(line);
  icefall::cli::AddImport(line);
  icefall::cli::AddExport(line);
  icefall::cli::AddQuery(line);
  icefall::cli::AddSnapshots(line);
  icefall::cli::AddCreateIndex(line);
  icefall::cli::AddCreateView(line);
  icefall::cli::AddRefreshView(line);
  icefall::cli::AddCheck(line);
  icefall::cli::AddCompact(line);
  icefall::cli::AddOptimize(line);
  icefall::cli::AddReplicate(line);
  icefall::cli::AddBuildAggregates(line);
  icefall::cli::AddGc(line);
  icefall::cli::AddIcedb(line);
  return line.Run(argc, argv);
}

#include "cli/commands/commands.h"

int main(int argc, char** argv) {
  icefall::cli::CommandLine line;
  icefall::cli::AddCreate(line);
  icefall::cli::AddDropTable(line);
  icefall::cli::AddInsert(line);
  icefall::cli::AddImport(line);
  icefall::cli::AddExport(line);
  icefall::cli::AddQuery(line);
  return line.Run(argc, argv);
}

// Marks what the shared library shows to its users.
#pragma once

#define ICEFALLDB_EXPORT __attribute__((visibility("default")))

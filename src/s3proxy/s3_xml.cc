#include "s3proxy/s3_xml.h"

#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "store/s3/sigv4.h"

namespace icefall::s3proxy {
namespace {

constexpr const char* kNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";

void Add(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

void AddOwner(pugi::xml_node parent) {
  auto owner = parent.append_child("Owner");
  Add(owner, "ID", "icefalldb");
  Add(owner, "DisplayName", "icefalldb");
}

pugi::xml_node AddRoot(pugi::xml_document& document, const char* name) {
  auto root = document.append_child(name);
  root.append_attribute("xmlns") = kNamespace;
  return root;
}

std::string ToText(const pugi::xml_document& document) {
  std::ostringstream text;
  text << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(text).str();
}

// Listings have milliseconds.
std::string FormatTime(TimestampMicros time) { return FormatTimestamp(time).substr(0, 23) + "Z"; }

}  // namespace

std::string ErrorXml(std::string_view code, std::string_view message, std::string_view resource) {
  pugi::xml_document document;
  auto root = document.append_child("Error");
  Add(root, "Code", std::string(code));
  Add(root, "Message", std::string(message));
  Add(root, "Resource", std::string(resource));
  return ToText(document);
}

std::string BucketsXml(const std::vector<std::string>& names, TimestampMicros created_at) {
  pugi::xml_document document;
  auto root = AddRoot(document, "ListAllMyBucketsResult");
  AddOwner(root);
  auto buckets = root.append_child("Buckets");
  for (const auto& name : names) {
    auto bucket = buckets.append_child("Bucket");
    Add(bucket, "Name", name);
    Add(bucket, "CreationDate", FormatTime(created_at));
  }
  return ToText(document);
}

std::string LocationXml(std::string_view region) {
  pugi::xml_document document;
  auto root = AddRoot(document, "LocationConstraint");
  if (region != "us-east-1") root.text().set(std::string(region).c_str());
  return ToText(document);
}

std::string ListXml::ToText() const {
  const auto encoded = [this](const std::string& text) {
    return url_encoded ? UriEncode(text, false) : text;
  };
  pugi::xml_document document;
  auto root = AddRoot(document, "ListBucketResult");
  Add(root, "Name", bucket);
  Add(root, "Prefix", encoded(prefix));
  if (!delimiter.empty()) Add(root, "Delimiter", encoded(delimiter));
  Add(root, "MaxKeys", std::to_string(key_count_max));
  if (url_encoded) Add(root, "EncodingType", "url");
  Add(root, "IsTruncated", truncated ? "true" : "false");
  if (is_v2) {
    Add(root, "KeyCount", std::to_string(objects.size() + common_prefixes.size()));
    if (!start_after.empty()) Add(root, "StartAfter", encoded(start_after));
    if (!token.empty()) Add(root, "ContinuationToken", token);
    if (truncated) Add(root, "NextContinuationToken", next);
  } else {
    Add(root, "Marker", encoded(start_after));
    if (truncated) Add(root, "NextMarker", encoded(next));
  }
  for (const auto& object : objects) {
    auto contents = root.append_child("Contents");
    Add(contents, "Key", encoded(object.key));
    Add(contents, "LastModified", FormatTime(object.modified_at));
    Add(contents, "ETag", object.etag);
    Add(contents, "Size", std::to_string(object.size_bytes));
    if (has_owner) AddOwner(contents);
    Add(contents, "StorageClass", "STANDARD");
  }
  for (const auto& prefix_text : common_prefixes) {
    Add(root.append_child("CommonPrefixes"), "Prefix", encoded(prefix_text));
  }
  return s3proxy::ToText(document);
}

}  // namespace icefall::s3proxy

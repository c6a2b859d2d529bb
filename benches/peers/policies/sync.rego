# The 2017-03 page. `data` is the state, `input` the request.
package sync

parameters := {"Version", "Region", "ImageIds", "DestinationRegions"}

violations contains {"rule": "version-required", "parameter": "Version"} if not input.Version

violations contains {"rule": "version-supported", "parameter": "Version"} if input.Version != "2017-03-12"

violations contains {"rule": "source-region-supported", "parameter": "Region"} if region_unknown

violations contains {"rule": "parameter-known", "parameter": name} if {
	some name in object.keys(input) - parameters
}

violations contains {"rule": "image-required", "parameter": "ImageIds"} if count(input.ImageIds) == 0

violations contains {"rule": "image-single", "parameter": "ImageIds"} if count(input.ImageIds) > 1

violations contains {"rule": "image-id-format", "parameter": sprintf("ImageIds.%d", [i])} if {
	some i, _ in input.ImageIds
	not i in well_formed
}

violations contains {"rule": "image-exists", "parameter": sprintf("ImageIds.%d", [i])} if {
	some i in well_formed
	not images[i]
	not region_unknown
}

violations contains {"rule": "image-custom", "parameter": sprintf("ImageIds.%d", [i])} if {
	some i, image in images
	image.ImageType != "PRIVATE_IMAGE"
}

violations contains {"rule": "image-state-normal", "parameter": sprintf("ImageIds.%d", [i])} if {
	some i, image in images
	image.ImageState != "NORMAL"
}

violations contains {"rule": "image-size", "parameter": sprintf("ImageIds.%d", [i])} if {
	some i, image in images
	image.ImageSize >= 50
}

violations contains {"rule": "destination-required", "parameter": "DestinationRegions"} if {
	count(input.DestinationRegions) == 0
}

violations contains {"rule": "destination-exists", "parameter": sprintf("DestinationRegions.%d", [i])} if {
	some i, name in input.DestinationRegions
	not data.regions[name]
	not repeated[i]
}

violations contains {"rule": "destination-available", "parameter": sprintf("DestinationRegions.%d", [i])} if {
	some i, region in destinations
	unavailable(region)
}

violations contains {"rule": "destination-not-source", "parameter": sprintf("DestinationRegions.%d", [i])} if {
	some i, _ in destinations
	sources == {input.DestinationRegions[i]}
}

violations contains {"rule": "destination-unique", "parameter": sprintf("DestinationRegions.%d", [i])} if {
	some i in repeated
}

violations contains {"rule": "image-quota", "parameter": sprintf("DestinationRegions.%d", [i])} if {
	some i, region in destinations
	region.Used + region.InFlight >= region.Quota
}

region_unknown if {
	input.Region
	not data.regions[input.Region]
}

well_formed contains i if {
	some i, id in input.ImageIds
	startswith(id, "img-")
	count(id) >= 12
	trim_left(substring(id, 4, -1), "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

# The records of the images that are there, by subscript.
images[i] := image if {
	some i in well_formed
	image := data.images[input.ImageIds[i]]
	in_source(image)
}

in_source(_) if not input.Region

in_source(image) if image.Region == input.Region

# Where the images are copied from: the region that was sent, else every region in which one of them is.
sources := {input.Region} if data.regions[input.Region]

sources := {image.Region | some image in images} if not input.Region

# The subscripts of destinations that are named before.
repeated contains i if {
	count({name | some name in input.DestinationRegions}) < count(input.DestinationRegions)
	some i, name in input.DestinationRegions
	some j, earlier in input.DestinationRegions
	j < i
	earlier == name
}

# The records of the destinations that the rules look at, by subscript.
destinations[i] := region if {
	some i, name in input.DestinationRegions
	region := data.regions[name]
	not repeated[i]
}

unavailable(region) if region.RegionState != "AVAILABLE"

unavailable(region) if not region.ImageSync

unavailable(region) if {
	count(region.BlockedFrom) > 0
	count(sources) > 0
	not has_route(region)
}

# Not `every`: within it, regorus' virtual machine takes a lookup that finds nothing for true.
has_route(region) if {
	some source in sources
	not region.BlockedFrom[source]
}

packer {
  required_plugins {
    tencentcloud = {
      source  = "github.com/hashicorp/tencentcloud"
      version = "~> 1"
    }
  }
}

variable "region" {
  type    = string
  default = "ap-beijing"
}

locals {
  stamp = regex_replace(timestamp(), "[- TZ:]", "")
}

source "tencentcloud-cvm" "base" {
  region             = "ap-guangzhou"
  zone               = "ap-guangzhou-3"
  image_name         = "base-${local.stamp}"
  image_copy_regions = ["ap-shanghai", "ap-guangzhou", "ap-shanghai-2"]
}

source "tencentcloud-cvm" "by-variables" {
  region             = var.region
  image_name         = "base"
  image_copy_regions = ["ap-shanghai", "ap-${var.region}"]
}

source "tencentcloud-cvm" "later" {
  region     = "ap-guangzhou"
  image_name = "later"
}

source "docker" "other" {
  image = "debian"
}

build {
  sources = ["source.tencentcloud-cvm.base", "tencentcloud-cvm.by-variables", "source.docker.other"]

  source "tencentcloud-cvm.later" {
    image_copy_regions = var.regions
  }
}

# SPDX-License-Identifier: BSL-1.0
"""Quire for Conan 2, from the tree that this file lies in: conan create packaging/conan -s compiler.cppstd=23"""

import pathlib
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy

ROOTS = ("include", "policies", "backends")  # of headers; see meson.build


class Quire(ConanFile):
    name = "quire"
    description = "Page allocators assembled from policies at compile time"
    license = "BSL-1.0"
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    default_options = {"boost/*:header_only": True}
    no_copy_source = True

    @property
    def tree(self):
        return pathlib.Path(self.recipe_folder).parent.parent

    def set_version(self):
        said = (self.tree / "meson.build").read_text(encoding="utf-8")
        self.version = re.search(r"^  version: '([^']+)'", said, re.M)[1]

    def export_sources(self):
        copy(self, "LICENSE", self.tree, self.export_sources_folder)
        copy(self, "modules/*", self.tree, self.export_sources_folder)
        for root in ROOTS:
            copy(self, f"{root}/quire/*.hpp", self.tree, self.export_sources_folder)

    def requirements(self):
        self.requires("boost/[>=1.74 <2]", transitive_headers=True)  # Boost.Config only

    def validate(self):
        check_min_cppstd(self, 23)

    def package(self):
        folder = pathlib.Path(self.package_folder)
        copy(self, "LICENSE", self.source_folder, folder / "licenses")
        copy(self, "quire.cppm", pathlib.Path(self.source_folder) / "modules", folder / "share/quire")
        for root in ROOTS:
            copy(self, "quire/*.hpp", pathlib.Path(self.source_folder) / root, folder / "include")

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.bindirs = self.cpp_info.libdirs = []
        self.cpp_info.requires = ["boost::headers"]
        self.cpp_info.set_property("cmake_file_name", "quire")
        self.cpp_info.set_property("cmake_target_name", "quire::quire")
        self.cpp_info.set_property("pkg_config_name", "quire")
